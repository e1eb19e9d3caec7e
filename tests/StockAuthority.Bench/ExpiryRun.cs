using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Bench;

/// <summary>What callers notice while very many holds run out at one instant, which every server sweeps.</summary>
internal static class ExpiryRun
{
    private const int Holds = 100_000;
    private const double CallsPerSecond = 2_000;
    private static readonly TimeSpan LongestRelease = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <param name="clients">Of all servers.</param>
    /// <param name="reserve">A caller's Reserve.</param>
    public static async Task RunAsync(
        string name, BenchSettings settings, BenchReport report, string connectionString, IReadOnlyList<InventoryService.InventoryServiceClient> clients, Func<Task<bool>> reserve, TimeProvider time)
    {
        // In time for all of them to be made, and for the calls before.
        var at = time.GetUtcNow() + TimeSpan.FromSeconds(45) + settings.WarmUp + settings.Duration;
        var expireTime = Timestamp.FromDateTimeOffset(at);
        await Parallel.ForAsync(0, Holds, new ParallelOptions { MaxDegreeOfParallelism = settings.Callers }, async (number, cancellationToken) =>
        {
            var request = BenchStand.Request(string.Create(CultureInfo.InvariantCulture, $"{name}-held-{number}"), BenchStand.HotSku);
            (request.TenantId, request.ExpireTime) = (BenchStand.Tenant, expireTime);
            await clients[number % clients.Count].ReserveAsync(request, cancellationToken: cancellationToken);
        });
        report.Loop(name + "_before", await OpenLoop.RunAsync(settings, CallsPerSecond, _ => reserve(), time));

        // The loop's warm-up ends when the holds do.
        var wait = at - settings.WarmUp - time.GetUtcNow();
        if (wait < TimeSpan.Zero)
        {
            report.Problems.Add(name + ": making the holds took so long that they ran out meanwhile.");
            return;
        }

        await Task.Delay(wait, time);
        report.Loop(name + "_during", await OpenLoop.RunAsync(settings, CallsPerSecond, _ => reserve(), time));
        await using var source = NpgsqlDataSource.Create(connectionString);
        var left = await LeftAsync();
        if (left == 0)
        {
            report.Problems.Add(name + ": all holds were released before the calls beside them ended.");
        }

        while (left > 0 && time.GetUtcNow() - at < LongestRelease)
        {
            await Task.Delay(Look, time);
            left = await LeftAsync();
        }

        report.Figure(name + "_seconds", (time.GetUtcNow() - at).TotalSeconds);
        if (left > 0)
        {
            report.Problems.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: {left} holds were not released."));
        }

        async Task<long> LeftAsync()
        {
            await using var command = source.CreateCommand("SELECT count(*) FROM reservations WHERE state = 1 AND expire_at <= now()");
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }
}
