using System.Runtime.InteropServices;
using StockAuthority.DevHost.Identity;

namespace StockAuthority.DevHost.Up;

/// <summary><c>./dev up</c></summary>
internal static class UpCommand
{
    public static async Task<int> RunAsync(int portBase)
    {
        DevelopmentIssuer.RequireDevelopment();
        using var stop = new CancellationTokenSource();
        using var interrupt = StopOn(PosixSignal.SIGINT, stop);
        using var terminate = StopOn(PosixSignal.SIGTERM, stop);
        using var hangUp = StopOn(PosixSignal.SIGHUP, stop);
        using var quit = StopOn(PosixSignal.SIGQUIT, stop);

        var checkout = Checkout.Find();
        using var only = DevLock.Take(checkout);
        await using var system = new DevSystem(checkout, new PortPlan(portBase), Console.WriteLine);
        try
        {
            await system.StartAsync(stop.Token);
            await system.WatchAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Console.WriteLine("stopping");
        }

        return 0;
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
}
