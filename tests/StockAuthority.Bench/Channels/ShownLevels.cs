using StockAuthority.Connectors.Simulators.Square;

namespace StockAuthority.Bench.Channels;

/// <summary>What a channel began to show, and who waits for it. Quantities only grow here, so that a larger one shows the smaller ones' changes too.</summary>
/// <param name="skuOf">Our name of what the channel calls an item.</param>
internal sealed class ShownLevels(Func<string, string> skuOf)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, decimal> _shown = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(long Quantity, TaskCompletionSource Shown)>> _waiting = new(StringComparer.Ordinal);
    private readonly List<(int Skus, TaskCompletionSource Shown)> _counts = [];

    public void Note(CountChange change)
    {
        var sku = skuOf(change.CatalogObjectId);
        lock (_lock)
        {
            _shown[sku] = change.Quantity;
            if (_waiting.TryGetValue(sku, out var waiting))
            {
                foreach (var each in waiting.Where(each => each.Quantity <= change.Quantity))
                {
                    each.Shown.TrySetResult();
                }

                waiting.RemoveAll(each => each.Quantity <= change.Quantity);
            }

            foreach (var each in _counts.Where(each => each.Skus <= _shown.Count))
            {
                each.Shown.TrySetResult();
            }
        }
    }

    /// <summary>Ends once the channel shows at least this of the SKU.</summary>
    public Task ShowsAsync(string sku, long quantity)
    {
        lock (_lock)
        {
            if (_shown.GetValueOrDefault(sku) >= quantity)
            {
                return Task.CompletedTask;
            }

            var shown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_waiting.TryGetValue(sku, out var waiting))
            {
                _waiting[sku] = waiting = [];
            }

            waiting.Add((quantity, shown));
            return shown.Task;
        }
    }

    /// <summary>Ends once the channel shows so many SKUs.</summary>
    public Task ShowsAsync(int skus)
    {
        lock (_lock)
        {
            var shown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_shown.Count >= skus)
            {
                shown.SetResult();
            }

            _counts.Add((skus, shown));
            return shown.Task;
        }
    }
}
