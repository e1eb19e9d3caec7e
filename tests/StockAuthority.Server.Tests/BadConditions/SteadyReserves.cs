using System.Collections.Concurrent;
using System.Globalization;
using StockAuthority.Inventory.V1;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.BadConditions;

/// <summary>Reserves at a steady pace, whatever the answers take, and how long those took.</summary>
internal sealed class SteadyReserves(IReadOnlyList<InventoryService.InventoryServiceClient> inventories, string sku)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(4);

    private readonly List<string> _phases = [];
    private ConcurrentBag<double> _milliseconds = [];

    /// <summary>Answers of the phase that runs.</summary>
    public int Count => _milliseconds.Count;

    /// <summary>Answers of all phases.</summary>
    public long Total { get; private set; }

    /// <summary>Reserves until the condition holds; a refusal ends it.</summary>
    public async Task RunAsync(string phase, Func<Task<bool>> isOver)
    {
        _milliseconds = [];
        var started = TimeProvider.System.GetTimestamp();
        var asking = new List<Task>();
        using var timer = new PeriodicTimer(Pace, TimeProvider.System);
        while (!await isOver())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Bound)
            {
                throw new TimeoutException($"The phase '{phase}' did not end.");
            }

            for (var tick = 0; tick < 10 && await timer.WaitForNextTickAsync(); tick++)
            {
                asking.Add(AskAsync(inventories[asking.Count % inventories.Count]));
            }
        }

        await Task.WhenAll(asking);
        Total += asking.Count;
        var sorted = _milliseconds.Order().ToList();
        _phases.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{phase}: {sorted.Count} Reserves, median {sorted[sorted.Count / 2]:0.0} ms, p99 {sorted[sorted.Count * 99 / 100]:0.0} ms, slowest {sorted[^1]:0.0} ms"));
    }

    public override string ToString() => string.Join("; ", _phases);

    private async Task AskAsync(InventoryService.InventoryServiceClient inventory)
    {
        var started = TimeProvider.System.GetTimestamp();
        await inventory.ReserveAsync(Reserve(sku, 1));
        _milliseconds.Add(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
    }
}
