using StockAuthority.DevHost.Postgres;
using StockAuthority.DevHost.Processes;
using StockAuthority.DevHost.Up;

namespace StockAuthority.DevHost;

/// <summary><c>./dev reset</c></summary>
internal static class ResetCommand
{
    public static async Task<int> RunAsync()
    {
        var checkout = Checkout.Find();
        using (DevLock.Take(checkout))
        {
            await ProcessRecord.EndRecordedAsync(checkout.ProcessRecord);
            await PostgresCluster.EndOrphanAsync(checkout.Postgres);
            foreach (var folder in ((string[])[checkout.Dev, checkout.Postgres]).Where(Directory.Exists))
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        Console.WriteLine("The next ./dev up starts from nothing.");
        return 0;
    }
}
