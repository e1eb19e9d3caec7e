using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;

namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>
/// Goes through the levels page by page: on a schedule to find drift, and when asked to repair it. Works between two pushes only, so a level that
/// does not wait for the channel has to be shown as it is; one that is newer than what the loop has read is left to the feed.
/// </summary>
internal sealed partial class LevelSweep(
    ILevelChannel channel,
    ChannelService.ChannelServiceClient client,
    ChangeFeedService.ChangeFeedServiceClient feed,
    PushPipeline pipeline,
    ChannelLink link,
    ChannelCases cases,
    RefusedLevels refused,
    UnsureLevels unsure,
    RefusedRetries retries,
    ChannelDeclarationOptions declaration,
    ChannelHealthMeter meter,
    ConnectorOptions options,
    ConnectorMetrics metrics,
    TimeProvider clock,
    ILogger<LevelSweep> logger)
{
    private const int SkusPerCall = 500;
    private const int MovementsPerCall = 1000;
    private const int LevelsPerCall = 1000;

    /// <summary>So many calls' worth of the journal around the checkpoint is read back after a start.</summary>
    private const int CallsLookedBack = 10;
    private const int LeastLookedBack = 50;
    private readonly HashSet<StockKey> _drifted = [];
    private readonly HashSet<StockKey> _repairs = [];
    private LevelBacklog _backlog = new(0);
    private Run? _run;
    private long _doneTask;
    private long _dueAt;
    private long _retryAt;
    private bool _detached;
    private long _lookBackAt = long.MaxValue;
    private long _checkpoint;

    /// <summary>Nothing beyond may be acknowledged: the levels up to here are being taken as they are.</summary>
    public long HoldSequence { get; private set; } = long.MaxValue;

    /// <summary>How long there is nothing to do; never so short that waiting for a lease or for the end of a pause would be a busy loop.</summary>
    public TimeSpan Due
    {
        get
        {
            var at = Math.Max(_run is null ? Math.Min(Math.Min(_dueAt, retries.DueAt), Math.Min(_lookBackAt, unsure.DueAt)) : 0, _retryAt);
            var left = clock.GetElapsedTime(clock.GetTimestamp(), Math.Max(at, clock.GetTimestamp()));
            return left < options.RetryDelay ? options.RetryDelay : left < options.DriftInterval ? left : options.DriftInterval;
        }
    }

    public void Begin(LevelBacklog backlog)
    {
        (_backlog, _run, _doneTask, _detached, HoldSequence) = (backlog, null, 0, false, long.MaxValue);
        _repairs.Clear();
        retries.Begin();
        _dueAt = clock.TimestampAfter(options.DriftInterval);

        // An earlier instance may have been ended in the middle of a call, which can be carried out later than what this one pushes.
        (_checkpoint, _lookBackAt) = (backlog.ReadSequence, clock.TimestampAfter(options.AttemptTimeout));
    }

    /// <summary>The journal after this sequence is gone: every level is compared, and nothing is acknowledged before.</summary>
    public void TakeLevelsAsTheyAre(long sequence)
    {
        HoldSequence = Math.Min(HoldSequence, sequence);
        _detached = true;
        _run = null;
    }

    public void Settled(IEnumerable<PendingLevel> levels) => _repairs.ExceptWith(levels.Select(level => level.Change.Key));

    /// <summary>Does one page; false where there is nothing to do, or nothing now.</summary>
    public async Task<bool> WorkAsync(RegisteredChannel state, CancellationToken stopping)
    {
        if (clock.GetTimestamp() < _retryAt || !link.HoldsFor(options.AttemptTimeout))
        {
            return false;
        }

        await retries.LookAsync(stopping);
        Choose(state);
        if (_run is not { } run)
        {
            return false;
        }

        try
        {
            if (run.Pages > 0 && run.Token.Length == 0 && run.SkusLeft.Count == 0)
            {
                // All was looked at; it is done when what had to be repaired was taken.
                if (_repairs.Count > 0)
                {
                    return false;
                }

                await EndAsync(run, state, stopping);
                return true;
            }

            if (run.ReplayAfter is { } after)
            {
                await CollectAsync(run, after, stopping);
                run.ReplayAfter = null;
                run.Pages += run.SkusLeft.Count == 0 ? 1 : 0;
                return true;
            }

            if (!await PageAsync(run, state.Rollout, stopping))
            {
                _retryAt = clock.TimestampAfter(options.RetryDelay);
                return false;
            }

            return true;
        }
        catch (RpcException exception) when (run.ReadsBack && exception.StatusCode is StatusCode.OutOfRange or StatusCode.FailedPrecondition)
        {
            // The journal around the checkpoint is gone.
            LogFailed(exception, channel.Name, options.TenantId);
            _run = null;
            return true;
        }
        catch (RpcException exception) when (!stopping.IsCancellationRequested)
        {
            LogFailed(exception, channel.Name, options.TenantId);
            _retryAt = clock.TimestampAfter(options.RetryDelay);
            return false;
        }
    }

    private void Choose(RegisteredChannel state)
    {
        if (state.Task is { Done: false } task && task.TaskNumber != _doneTask && _run?.Task != task.TaskNumber)
        {
            _repairs.Clear();
            if (_run is { ReadsBack: true } interrupted)
            {
                unsure.Add(interrupted.SkusLeft.Select(sku => new StockKey(sku, "")));
            }

            // From the beginning on every level changed: the journal need not be read for that.
            var after = task.Resync || task.ReplayAfterSequence == 0 ? (long?)null : task.ReplayAfterSequence;
            _run = new Run
            {
                Task = task.TaskNumber,
                Repairs = true,
                Always = !task.Resync,
                SkusLeft = new Queue<string>(task.Skus),
                BySku = task.Skus.Count > 0 || after is not null,
                ReplayAfter = after,
            };
        }
        else if (_run is null && _detached)
        {
            _run = new Run { Repairs = true };
        }
        else if (_run is null && clock.GetTimestamp() >= _lookBackAt)
        {
            var around = Math.Max(LeastLookedBack, CallsLookedBack * channel.MaxItemsPerPush);
            _lookBackAt = long.MaxValue;
            _run = state.Rollout.Mode == ChannelMode.On
                ? new Run { Repairs = true, ReadsBack = true, BySku = true, ReplayAfter = Math.Max(0, _checkpoint - around), ReplayUntil = _checkpoint + around }
                : null;
        }
        else if (_run is null && retries.HasAny)
        {
            _run = new Run { Repairs = true, Retries = true, Always = true, BySku = true, SkusLeft = new Queue<string>(retries.Take()) };
        }
        else if (_run is null && clock.GetTimestamp() >= unsure.DueAt)
        {
            _run = new Run { Repairs = true, ReadsBack = true, BySku = true, SkusLeft = new Queue<string>(unsure.Take()) };
        }
        else if (_run is null && clock.GetTimestamp() >= _dueAt)
        {
            _dueAt = clock.TimestampAfter(options.DriftInterval);
            _run = state.Rollout.Mode == ChannelMode.Off ? null : new Run();
        }
    }

    private async Task EndAsync(Run run, RegisteredChannel state, CancellationToken stopping)
    {
        if (run.Task > 0)
        {
            await link.CompleteTaskAsync(
                run.Task, FormattableString.Invariant($"{run.Compared} levels looked at, {run.Differing} differed, {run.Repaired} delivered again"), state.Lease.FencingNumber, stopping);
            _doneTask = run.Task;
        }
        else if (run is { Repairs: true, ReadsBack: false, Retries: false })
        {
            _detached = false;
            HoldSequence = long.MaxValue;
        }

        _run = null;
    }

    /// <summary>The SKUs that changed after a sequence, as far as the loop has read.</summary>
    private async Task CollectAsync(Run run, long after, CancellationToken stopping)
    {
        var skus = new HashSet<string>(StringComparer.Ordinal);
        var until = Math.Min(run.ReplayUntil, _backlog.ReadSequence);
        while (after < until)
        {
            var page = await feed.ReadChangesAsync(
                new ReadChangesRequest { TenantId = options.TenantId, AfterSequence = after, PageSize = (int)Math.Min(MovementsPerCall, until - after) }, deadline: clock.CallDeadline(), cancellationToken: stopping);
            if (page.Movements.Count == 0)
            {
                break;
            }

            skus.UnionWith(page.Movements.Select(movement => movement.Sku));
            after = page.Movements[^1].Sequence;
        }

        run.SkusLeft = new Queue<string>(skus.Order(StringComparer.Ordinal));
    }

    private async Task<bool> PageAsync(Run run, ChannelRollout rollout, CancellationToken stopping)
    {
        // What is delivered without reading the channel comes in pages large enough for a job of many levels.
        var request = new ListLevelsRequest { TenantId = options.TenantId, PageSize = run.Always || channel.MaxItemsPerPush > LevelsPerCall ? LevelsPerCall : channel.MaxItemsPerPush, PageToken = run.Token };
        if (run.BySku)
        {
            if (run.Token.Length == 0)
            {
                run.Skus = [.. run.SkusLeft.Take(SkusPerCall)];
            }

            request.Skus.AddRange(run.Skus);
        }

        var page = await client.ListLevelsAsync(request, deadline: clock.CallDeadline(), cancellationToken: stopping);
        ChannelLevel[] levels =
        [
            .. page.Levels.Where(level => level.Sequence <= _backlog.ReadSequence && RolloutFilter.Includes(rollout, KeyOf(level)) && (run.Always || !_backlog.Waits(KeyOf(level)))),
        ];
        if (run.ReadsBack)
        {
            // They cannot be repaired now, and an unanswered call about them is not over for that.
            unsure.Add(page.Levels.Select(KeyOf).Where(_backlog.IsHeld));
        }

        if (levels.Length > 0)
        {
            var shown = run.Always ? new long?[levels.Length] : await pipeline.ReadAsync([.. levels.Select(KeyOf)], stopping);
            if (shown is null)
            {
                return false;
            }

            for (var index = 0; index < levels.Length; index++)
            {
                Compare(run, rollout, levels[index], shown[index], page.ReadTime.ToDateTimeOffset());
            }
        }

        run.Pages++;
        run.Token = page.NextPageToken;
        if (run.BySku && run.Token.Length == 0)
        {
            foreach (var _ in run.Skus)
            {
                run.SkusLeft.TryDequeue(out var _);
            }
        }

        return true;
    }

    private void Compare(Run run, ChannelRollout rollout, ChannelLevel level, long? shown, DateTimeOffset readTime)
    {
        var key = KeyOf(level);
        var expected = declaration.Shown(level.LocationId, level.Available);
        var differs = run.Always || (shown != expected && !(shown is null && expected == 0));
        run.Compared++;
        run.Differing += differs ? 1 : 0;
        if (differs && run.Repairs && rollout.Mode == ChannelMode.On && !(run.ReadsBack && refused.Has(key)))
        {
            // As of now: a channel that orders by time took what it shows instead for newer than the movement. Not later than any change to come.
            _backlog.Repair(new LevelChange(key, expected, level.Version, level.Sequence, readTime));
            _repairs.Add(key);
            run.Repaired++;
            return;
        }

        if (!differs && shown is not null)
        {
            // Whoever mended it.
            refused.Taken(key);
        }

        if (run.Repairs || refused.Has(key))
        {
            // A resync finds what was reported or expected; what is refused has a case.
            return;
        }

        metrics.Compared(differs);
        meter.Count(health =>
        {
            health.ComparedCount++;
            health.DriftCount += differs ? 1 : 0;
        });
        if (differs)
        {
            LogDrift(channel.Name, options.TenantId, key.Sku, key.LocationId, expected, shown);
        }

        if (differs && rollout.Mode == ChannelMode.On)
        {
            _drifted.Add(key);
            cases.Drifted(key, expected, shown, level.Version);
        }
        else if (_drifted.Remove(key))
        {
            cases.Mended(Operations.V1.ExceptionKind.Drift, key, "The channel shows the level.");
        }
    }

    private static StockKey KeyOf(ChannelLevel level) => new(level.Sku, level.LocationId);

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} of tenant {TenantId} shows {Shown} and not {Expected} of SKU {Sku} at {LocationId}")]
    private partial void LogDrift(string channel, string tenantId, string sku, string locationId, long expected, long? shown);

    [LoggerMessage(LogLevel.Warning, "The levels of tenant {TenantId} could not be compared with channel {Channel}; trying again")]
    private partial void LogFailed(Exception exception, string channel, string tenantId);

    /// <summary>One way through the levels.</summary>
    private sealed class Run
    {
        public long Task { get; init; }

        public bool Repairs { get; init; }

        /// <summary>Delivers without comparing.</summary>
        public bool Always { get; init; }

        public bool BySku { get; init; }

        /// <summary>Tries again what was refused.</summary>
        public bool Retries { get; init; }

        public long? ReplayAfter { get; set; }

        public long ReplayUntil { get; init; } = long.MaxValue;

        /// <summary>Looks at what may be shown otherwise than it was confirmed.</summary>
        public bool ReadsBack { get; init; }

        public Queue<string> SkusLeft { get; set; } = [];

        public IReadOnlyList<string> Skus { get; set; } = [];

        public string Token { get; set; } = "";

        public int Pages { get; set; }

        public long Compared { get; set; }

        public long Differing { get; set; }

        public long Repaired { get; set; }
    }
}
