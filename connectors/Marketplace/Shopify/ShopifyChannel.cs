using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Shopify;

/// <summary>
/// Shows the available units as <c>available</c> in a Shopify shop. Each quantity is set only from the one that the shop is known to show:
/// where it shows another, somebody else changed it, which is told as drift, and the level is set from there.
/// </summary>
internal sealed partial class ShopifyChannel(ShopifyClient client, ShopifyOptions shopify, ILogger<ShopifyChannel> logger) : ILevelChannel
{
    /// <summary>The most that Shopify takes for a quantity, above and below zero.</summary>
    private const long LargestQuantity = 1_000_000_000;

    /// <summary>A shop that sells faster than it can be compared with is tried again later.</summary>
    private const int Rounds = 3;
    private static readonly TimeSpan PauseWhileStale = TimeSpan.FromSeconds(1);
    private readonly KnownQuantities _known = new();
    private int _keyAttempt;

    public string Name => "shopify";

    /// <summary>The most that Shopify takes in an array.</summary>
    public int MaxItemsPerPush => 250;

    public async Task<PushResult> PushAsync(IReadOnlyList<LevelChange> changes, string idempotencyKey, CancellationToken cancellationToken)
    {
        if (Impossible(changes, idempotencyKey) is { } refused)
        {
            return refused;
        }

        var drifted = new HashSet<StockKey>();
        for (var round = 0; round < Rounds; round++)
        {
            var request = SetQuantities.Request(changes, idempotencyKey, _keyAttempt, shopify.Mapping, _known.Shown);
            foreach (var change in changes)
            {
                _known.Sending(change);
            }

            var answer = await client.SendAsync(SetQuantities.Operation, request, ShopifyJson.Default.SetQuantitiesRequest, request.Variables.Key, cancellationToken);
            if (answer.Failure is { } failure)
            {
                return failure;
            }

            switch (SetQuantitiesOutcome.Of(answer.Data!, request, answer.ResponseId))
            {
                case SetQuantitiesOutcome.Applied:
                    foreach (var change in changes)
                    {
                        _known.Confirmed(change);
                    }

                    return new PushResult.Confirmed([.. drifted]);
                case SetQuantitiesOutcome.Ended ended:
                    return ended.Result;
                case SetQuantitiesOutcome.NewKey:
                    _keyAttempt++;
                    break;
                case SetQuantitiesOutcome.Stale stale:
                    var keys = changes.Where((_, index) => stale.Positions.Count == 0 || stale.Positions.Contains(index)).Select(change => change.Key).ToList();
                    if (await CompareAgainAsync(keys, drifted, cancellationToken) is { } unread)
                    {
                        return unread;
                    }

                    break;
            }
        }

        return new PushResult.Unavailable("CHANGE_FROM_QUANTITY_STALE", PauseWhileStale);
    }

    public async Task<IReadOnlyList<long?>> ReadAsync(IReadOnlyList<StockKey> keys, CancellationToken cancellationToken)
    {
        var mapped = keys.Where(key => shopify.Mapping.InventoryItemOf(key) is not null && shopify.Mapping.LocationOf(key) is not null).Distinct();
        var read = await QuantityReader.ReadAsync(client, mapped, shopify.Mapping, cancellationToken);
        return read.Failure is null
            ? [.. keys.Select(key => read.Quantities.TryGetValue(key, out var quantity) ? quantity : (long?)null)]
            : throw new HttpRequestException($"Shopify's quantities cannot be read: {read.Failure}");
    }

    /// <summary>Reads what the shop shows, for the next round to start from; the reason where it cannot be read.</summary>
    private async Task<PushResult?> CompareAgainAsync(IReadOnlyList<StockKey> keys, HashSet<StockKey> drifted, CancellationToken cancellationToken)
    {
        var read = await QuantityReader.ReadAsync(client, keys, shopify.Mapping, cancellationToken);
        if (read.Failure is { } failure)
        {
            return failure;
        }

        foreach (var key in keys)
        {
            long? quantity = read.Quantities.TryGetValue(key, out var found) ? found : null;
            if (_known.Observed(key, quantity) is { } expected)
            {
                drifted.Add(key);
                LogDrift(key.Sku, key.LocationId, quantity, expected);
            }
        }

        return null;
    }

    /// <summary>What Shopify would refuse, or cannot even be asked, with the positions that it is about.</summary>
    private PushResult.Refused? Impossible(IReadOnlyList<LevelChange> changes, string idempotencyKey)
    {
        (int Index, string Code, string Detail)[] problems = [.. changes.Select((change, index) => (index, Problem(change))).Where(found => found.Item2.Code.Length > 0).Select(found => (found.index, found.Item2.Code, found.Item2.Detail))];
        return problems.Length == 0
            ? null
            : new PushResult.Refused(new Refusal(0, problems[0].Code, null, problems[0].Detail, idempotencyKey, null), [.. problems.Select(problem => problem.Index)]);
    }

    private (string Code, string Detail) Problem(LevelChange change) =>
        shopify.Mapping.InventoryItemOf(change.Key) is null ? ("UNKNOWN_SKU", $"The mapping file has no inventory item for SKU {change.Key.Sku}.")
        : shopify.Mapping.LocationOf(change.Key) is null ? ("UNKNOWN_LOCATION", $"The mapping file has no location for {change.Key.LocationId}.")
        : change.Available > LargestQuantity ? ("INVALID_QUANTITY_TOO_HIGH", "Shopify takes no quantity above 1,000,000,000.")
        : change.Available < -LargestQuantity ? ("INVALID_QUANTITY_TOO_LOW", "Shopify takes no quantity below -1,000,000,000.")
        : ("", "");

    [LoggerMessage(LogLevel.Warning, "The shop shows {Quantity} of SKU {Sku} at {LocationId} and was set to {Expected}: somebody else changed it; it is set again")]
    private partial void LogDrift(string sku, string locationId, long? quantity, long expected);
}
