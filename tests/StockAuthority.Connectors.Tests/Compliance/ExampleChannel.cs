using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>The example of docs/adding-a-channel.md: a channel is one call that writes and one that reads.</summary>
internal sealed class ExampleChannel(ExampleShop shop) : ILevelChannel
{
    public string Name => "example";

    public int MaxItemsPerPush => 50;

    public async Task<PushResult> PushAsync(IReadOnlyList<LevelChange> changes, string idempotencyKey, CancellationToken cancellationToken)
    {
        var answer = await shop.PutAsync(idempotencyKey, [.. changes.Select(change => (change.Key.Sku, change.Available, change.Version))], cancellationToken);
        return answer.Status switch
        {
            200 => new PushResult.Confirmed([]),
            422 => new PushResult.Refused(new Refusal(422, "UNKNOWN_ITEM", answer.Item, null, idempotencyKey, null), []),
            429 => new PushResult.Throttled(null),
            >= 400 and < 500 => new PushResult.Unavailable($"HTTP_{answer.Status}", null, new Refusal(answer.Status, $"HTTP_{answer.Status}", null, null, idempotencyKey, null)),
            _ => new PushResult.Unavailable($"HTTP_{answer.Status}", null),
        };
    }

    public Task<IReadOnlyList<long?>> ReadAsync(IReadOnlyList<StockKey> keys, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<long?>>([.. keys.Select(key => shop.Shown(key.Sku))]);
}
