using Microsoft.Extensions.Logging;
using StockAuthority.Connectors.Runtime.Channels;

namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>Settles a batch: each level confirmed or parked, or given back where the channel does not answer.</summary>
internal sealed partial class LevelPusher(
    ILevelChannel channel,
    PushPipeline pipeline,
    RefusedLevels refused,
    ChannelHealthMeter meter,
    ConnectorOptions options,
    ConnectorMetrics metrics,
    TimeProvider clock,
    ILogger<LevelPusher> logger)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    public async Task<PushRound> PushAsync(IReadOnlyList<PendingLevel> batch, CancellationToken stopping)
    {
        var parts = new Stack<IReadOnlyList<PendingLevel>>();
        parts.Push(batch);
        while (parts.TryPop(out var part))
        {
            LevelChange[] changes = [.. part.Select(level => level.Change)];
            switch (await pipeline.PushAsync(changes, PushKey.For(options.TenantId, changes), stopping))
            {
                case PushResult.Confirmed confirmed:
                    Confirm(part, confirmed);
                    break;
                case PushResult.Refused refusal when part.Count == 1:
                    refused.Park(part[0], refusal.Refusal);
                    break;
                case PushResult.Refused refusal:
                    var (first, second) = Split(part, refusal.Suspects);
                    parts.Push(second);
                    parts.Push(first);
                    break;
                case PushResult.Throttled throttled:
                    return GiveBack(part, parts, "THROTTLED", throttled.RetryAfter);
                case PushResult.Unavailable unavailable:
                    return GiveBack(part, parts, unavailable.Reason, unavailable.RetryAfter);
            }
        }

        return PushRound.Done;
    }

    /// <summary>
    /// The channel took none of the part: its suspects go apart from the others, and halves where it named none (or all). A level
    /// is parked only when it is refused alone, so a channel that names the wrong one costs calls, not levels.
    /// </summary>
    internal static (IReadOnlyList<PendingLevel> First, IReadOnlyList<PendingLevel> Second) Split(IReadOnlyList<PendingLevel> part, IReadOnlyList<int> suspects)
    {
        var named = suspects.Where(index => index >= 0 && index < part.Count).ToHashSet();
        if (named.Count == 0 || named.Count == part.Count)
        {
            named = [.. Enumerable.Range(part.Count / 2, part.Count - (part.Count / 2))];
        }

        return ([.. part.Where((_, index) => !named.Contains(index))], [.. part.Where((_, index) => named.Contains(index))]);
    }

    private void Confirm(IReadOnlyList<PendingLevel> part, PushResult.Confirmed confirmed)
    {
        var now = clock.GetUtcNow();
        foreach (var level in part)
        {
            refused.Taken(level.Change.Key);
        }

        foreach (var level in part.Where(level => !level.IsRepair))
        {
            // From the oldest movement that this level stands for: coalescing must not hide how long the channel was behind.
            var delay = now > level.FirstRecordTime ? now - level.FirstRecordTime : TimeSpan.Zero;
            metrics.Confirmed(delay);
            meter.Visible(delay);
        }

        foreach (var key in confirmed.Differing)
        {
            metrics.Differing();
            LogDiffering(channel.Name, key.Sku, key.LocationId, options.TenantId);
        }
    }

    private PushRound GiveBack(IReadOnlyList<PendingLevel> part, Stack<IReadOnlyList<PendingLevel>> rest, string reason, TimeSpan? retryAfter)
    {
        metrics.Failed(reason);
        PendingLevel[] unsettled = [.. part, .. rest.SelectMany(level => level)];
        var pause = retryAfter ?? options.RetryDelay;
        LogGivenBack(channel.Name, unsettled.Length, reason, pause);
        return new PushRound(unsettled, pause < LongestPause ? pause : LongestPause);
    }

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} took SKU {Sku} at {LocationId} of tenant {TenantId} and reads it back differently")]
    private partial void LogDiffering(string channel, string sku, string locationId, string tenantId);

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} did not take {Count} levels ({Reason}); they are merged with newer ones and pushed again after {Pause}")]
    private partial void LogGivenBack(string channel, int count, string reason, TimeSpan pause);
}
