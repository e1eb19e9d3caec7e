using StockAuthority.DevHost.Postgres;
using StockAuthority.DevHost.Processes;

namespace StockAuthority.DevHost.Up;

/// <summary>The development database cluster. Its server detaches itself, so its end is noticed by looking.</summary>
internal sealed class PostgresService(PostgresCluster cluster, int port, ProcessRecord record) : IDevService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    public string Name => "postgres";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Forget();
        await cluster.StartAsync(port, cancellationToken);
        var postmaster = cluster.Postmaster ?? throw new DevHostException($"PostgreSQL ended right after its start (log: {cluster.LogFile}).");

        // To SIGTERM it would wait for its clients to leave.
        record.Add(Name, postmaster, Unix.Interrupt);
    }

    public async Task<string> WaitForEndAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Look, TimeProvider.System);
        while (cluster.Postmaster is { IsRunning: true })
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }

        return $"ended (log: {cluster.LogFile})";
    }

    public async Task StopAsync()
    {
        Forget();
        await cluster.StopAsync();
    }

    private void Forget()
    {
        if (cluster.Postmaster is { } postmaster)
        {
            record.Remove(postmaster);
        }
    }
}
