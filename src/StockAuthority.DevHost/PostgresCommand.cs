using StockAuthority.DevHost.Postgres;

namespace StockAuthority.DevHost;

/// <summary>Prints the folder of the PostgreSQL programs that would be used, so that nothing else has to know where to look.</summary>
internal static class PostgresCommand
{
    public static async Task<int> RunAsync()
    {
        Console.WriteLine((await PostgresBinaries.FindAsync()).Folder);
        return 0;
    }
}
