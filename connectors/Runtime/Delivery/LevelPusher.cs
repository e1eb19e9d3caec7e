using Microsoft.Extensions.Logging;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>Settles a batch: each level confirmed or parked, or given back where the channel does not answer.</summary>
internal sealed partial class LevelPusher(
    ILevelChannel channel,
    PushPipeline pipeline,
    RefusedLevels refused,
    UnsureLevels unsure,
    ChannelCases cases,
    ChannelHealthMeter meter,
    ConnectorOptions options,
    ConnectorMetrics metrics,
    TimeProvider clock,
    ILogger<LevelPusher> logger)
{
    /// <summary>So many parts may fail alike before the fault is taken for the channel's and not for some levels'.</summary>
    private const int FailuresAlike = 8;

    /// <summary>Rounds in a row before people are told that nothing gets through.</summary>
    private const int RoundsBeforeCase = 3;

    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private readonly Dictionary<StockKey, int> _triedAlone = [];
    private int _blockedRounds;

    /// <summary>Nothing gets through.</summary>
    public bool IsBlocked => _blockedRounds > 0;

    /// <summary>Until the rate limit lets the next call go.</summary>
    public Task TurnAsync(CancellationToken stopping) => pipeline.TurnAsync(stopping);

    public async Task<PushRound> PushAsync(IReadOnlyList<PendingLevel> batch, CancellationToken stopping)
    {
        var parts = new Stack<IReadOnlyList<PendingLevel>>();
        parts.Push(batch);
        var doubted = new List<(PendingLevel Level, Refusal Answer)>();
        var (confirmations, alike) = (0, 0);
        while (parts.TryPop(out var part))
        {
            LevelChange[] changes = [.. part.Select(level => level.Change)];
            switch (await pipeline.PushAsync(changes, PushKey.For(options.TenantId, changes), stopping))
            {
                case PushResult.Confirmed confirmed:
                    Confirm(part, confirmed);
                    confirmations++;
                    break;
                case PushResult.Refused refusal when part.Count == 1:
                    refused.Park(part[0], refusal.Refusal);
                    break;
                case PushResult.Refused refusal:
                    var (first, second) = Split(part, refusal.Suspects);
                    parts.Push(second);
                    parts.Push(first);
                    break;
                case PushResult.Unavailable { Lasting: { } answer, IsCaller: false } when confirmations > 0 || ++alike < FailuresAlike:
                    // Nobody can say whose fault it is: if it is some levels', the others go through.
                    if (part.Count == 1)
                    {
                        doubted.Add((part[0], answer));
                        break;
                    }

                    var (one, other) = Split(part, []);
                    parts.Push(other);
                    parts.Push(one);
                    break;
                case PushResult.Throttled throttled:
                    return GiveBack([.. Judge(doubted, confirmations), .. part], parts, "THROTTLED", throttled.RetryAfter);
                case PushResult.Unavailable unavailable:
                    Blocked(unavailable.Lasting);
                    return GiveBack([.. Judge(doubted, confirmations), .. part], parts, unavailable.Reason, unavailable.RetryAfter);
            }
        }

        if (doubted.Count > 0 && Judge(doubted, confirmations) is { Count: > 0 } unsettled)
        {
            Blocked(confirmations == 0 ? doubted[0].Answer : null);
            return GiveBack(unsettled, parts, doubted[0].Answer.Code, null);
        }

        return PushRound.Done;
    }

    /// <summary>Parks what the channel does not take while it takes others; the rest is given back.</summary>
    private List<PendingLevel> Judge(List<(PendingLevel Level, Refusal Answer)> doubted, int confirmations)
    {
        var unsettled = new List<PendingLevel>();
        foreach (var (level, answer) in doubted)
        {
            var tries = _triedAlone[level.Change.Key] = _triedAlone.GetValueOrDefault(level.Change.Key) + 1;

            // Others were taken in this round, or in between: it was tried more often than nothing got through.
            if (tries >= RoundsBeforeCase && (confirmations > 0 || _blockedRounds < tries - 1))
            {
                _triedAlone.Remove(level.Change.Key);
                refused.Park(level, answer);
            }
            else
            {
                unsettled.Add(level);
            }
        }

        return unsettled;
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

    /// <summary>The channel took nothing; with an answer where repeating alone does not help.</summary>
    public void Blocked(Refusal? answer)
    {
        _blockedRounds += answer is null ? 0 : 1;
        if (_blockedRounds == RoundsBeforeCase && answer is not null)
        {
            cases.Blocked(answer);
        }
    }

    /// <summary>The channel took the levels.</summary>
    public void Confirm(IReadOnlyList<PendingLevel> part, PushResult.Confirmed confirmed)
    {
        var now = clock.GetUtcNow();
        if (_blockedRounds >= RoundsBeforeCase)
        {
            cases.Unblocked();
        }

        _blockedRounds = 0;
        unsure.Add(confirmed.Differing);
        foreach (var level in part)
        {
            refused.Taken(level.Change.Key);
            _triedAlone.Remove(level.Change.Key);
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
        var pause = retryAfter ?? (_blockedRounds > 0 ? Backoff.After(_blockedRounds, options.RetryDelay, options.MaxRetryDelay) : options.RetryDelay);
        LogGivenBack(channel.Name, unsettled.Length, reason, pause);
        return new PushRound(unsettled, pause < LongestPause ? pause : LongestPause);
    }

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} took SKU {Sku} at {LocationId} of tenant {TenantId} and reads it back differently")]
    private partial void LogDiffering(string channel, string sku, string locationId, string tenantId);

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} did not take {Count} levels ({Reason}); they are merged with newer ones and pushed again after {Pause}")]
    private partial void LogGivenBack(string channel, int count, string reason, TimeSpan pause);
}
