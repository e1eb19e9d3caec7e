using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>
/// Jobs of an <see cref="IBulkLevelChannel"/>, one at a time, between two pushes. A job's levels are held until it has ended: what is newer of them waits,
/// since the job could have its effect after it, and nothing of them is acknowledged.
/// </summary>
internal sealed partial class BulkDelivery(
    ILevelChannel channel,
    LevelPusher pusher,
    RefusedLevels refused,
    UnsureLevels unsure,
    LevelSweep sweep,
    ChannelLink link,
    ChannelCases cases,
    ConnectorOptions options,
    BulkMetrics metrics,
    TimeProvider clock,
    ILogger<BulkDelivery> logger)
{
    private const string CaseReference = "bulk";
    private const int FailuresBeforeCase = 3;
    private const int UploadTimeoutAttempts = 6;
    private readonly IBulkLevelChannel? _channel = channel is IBulkLevelChannel { Bulk: not null } bulk ? bulk : null;
    private readonly List<Job> _abandoned = [];
    private LevelBacklog _backlog = new(0);
    private Job? _job;

    /// <summary>What an earlier instance may have left: null while it is not known.</summary>
    private HashSet<string>? _earlier = [];
    private long _nextStart;
    private long _earlierDue;
    private int _failures;
    private int _earlierFailures;

    private bool _told;

    // An earlier process may have opened a case that this one has to close.
    private bool _caseIsOpen = true;

    /// <summary>An earlier instance's job may be under way, of which nobody knows the levels: nothing may be pushed.</summary>
    public bool HoldsEverything => _earlier is not { Count: 0 };

    /// <summary>How long there is nothing to do.</summary>
    public TimeSpan Due
    {
        get
        {
            var at = HoldsEverything ? _earlierDue : Math.Min(_job?.DueAt ?? long.MaxValue, _abandoned.Count > 0 ? _abandoned.Min(job => job.DueAt) : long.MaxValue);
            at = _job is null && _backlog.Ready >= (_channel?.Bulk!.From ?? int.MaxValue) ? Math.Min(at, _nextStart) : at;
            var now = clock.GetTimestamp();
            return at == long.MaxValue ? Timeout.InfiniteTimeSpan : at <= now ? options.RetryDelay : clock.GetElapsedTime(now, at);
        }
    }

    public void Begin(LevelBacklog backlog)
    {
        (_backlog, _job, _earlier, _nextStart, _earlierDue, _failures, _earlierFailures, _told) = (backlog, null, _channel is null ? [] : null, 0, 0, 0, 0, false);
        _abandoned.Clear();
        Count();
    }

    /// <summary>Does what is due. Nothing of it is done while deliveries are paused.</summary>
    public async Task WorkAsync(ChannelRollout rollout, CancellationToken stopping)
    {
        if (_channel is null || !link.HoldsFor(options.AttemptTimeout))
        {
            return;
        }

        if (HoldsEverything)
        {
            await EndEarlierAsync(stopping);
            if (HoldsEverything)
            {
                return;
            }
        }

        foreach (var job in _abandoned.Where(job => job.DueAt <= clock.GetTimestamp()).ToArray())
        {
            await LookAtAbandonedAsync(job, stopping);
        }

        if (_job is { } current && current.DueAt <= clock.GetTimestamp())
        {
            await LookAsync(current, stopping);
        }

        if (_job is null && _abandoned.Count == 0 && _backlog.Ready >= _channel.Bulk!.From && _nextStart <= clock.GetTimestamp())
        {
            await StartAsync(_channel, _channel.Bulk, rollout, stopping);
        }
    }

    private async Task EndEarlierAsync(CancellationToken stopping)
    {
        if (_earlierDue > clock.GetTimestamp())
        {
            return;
        }

        (_earlier, var failure) = await LeftAsync(_earlier, stopping);
        if (_earlier is null)
        {
            // Where it is for good, people have to know: it is as if the channel took nothing.
            pusher.Blocked((failure as PushResult.Unavailable)?.Lasting);
            _earlierDue = clock.TimestampAfter(failure?.AskedPause ?? Backoff.After(++_earlierFailures, options.RetryDelay, options.MaxRetryDelay));
            LogNotListed(channel.Name, options.TenantId, Reason(failure));
        }
        else if (_earlier.Count > 0)
        {
            _earlierDue = clock.TimestampAfter(_channel!.Bulk!.PollInterval);
            LogWaitsForEarlier(channel.Name, options.TenantId, string.Join(' ', _earlier));
        }
    }

    /// <summary>Of jobs that were under way, those that have not ended; all that are under way where none are known yet, and null where the channel does not list them.</summary>
    private async Task<(HashSet<string>? Left, PushResult? Failure)> LeftAsync(HashSet<string>? jobs, CancellationToken stopping)
    {
        if (jobs is null)
        {
            var listed = await AskAsync(_channel!.ListUnderWayAsync, stopping);
            if (listed.Value is null)
            {
                return (null, listed.Failure);
            }

            jobs = [.. listed.Value];
        }

        foreach (var id in jobs.ToArray())
        {
            if (await HasEndedAsync(id, stopping))
            {
                jobs.Remove(id);
            }
        }

        return (jobs, null);
    }

    private async Task<bool> HasEndedAsync(string job, CancellationToken stopping) =>
        (await AskAsync(cancel => _channel!.LookAsync(job, [], cancel), stopping)).Value is BulkProgress.Ended or BulkProgress.Failed;

    private async Task StartAsync(IBulkLevelChannel bulk, BulkTerms terms, ChannelRollout rollout, CancellationToken stopping)
    {
        // No call that has an effect may outlast the lease, and the upload goes before it.
        if (!link.HoldsFor(2 * options.AttemptTimeout))
        {
            return;
        }

        var taken = _backlog.Take(terms.MaxItems);
        PendingLevel[] shown = [.. taken.Where(level => rollout.Mode == ChannelMode.On && RolloutFilter.Includes(rollout, level.Change.Key))];
        if (shown.Length < terms.From)
        {
            Settle(taken, shown);
            return;
        }

        var upload = await AskAsync(cancel => bulk.UploadAsync([.. shown.Select(level => level.Change)], cancel), stopping, UploadTimeoutAttempts * options.AttemptTimeout);
        if (upload.Value is not { } uploaded)
        {
            Settle(taken, shown);
            NotStarted(upload.Failure);
            return;
        }

        foreach (var (position, refusal) in uploaded.Refused)
        {
            refused.Park(shown[position], refusal);
        }

        PendingLevel[] included = [.. uploaded.Included.Select(position => shown[position])];
        PendingLevel[] others = [.. shown.Where((_, position) => !uploaded.Refused.ContainsKey(position)).Except(included)];
        if (uploaded.Document is null || !link.HoldsFor(options.AttemptTimeout))
        {
            Settle(taken, [.. included, .. others]);
            return;
        }

        // To its end whoever stops: what is not known to be under way would be found by the next instance only if it were begun by then.
        var start = await AskAsync(cancel => bulk.StartAsync(uploaded.Document, cancel), CancellationToken.None);
        if (start.Value is null && start.Failure is PushResult.Throttled or PushResult.Refused or PushResult.Unavailable { Lasting: not null })
        {
            Settle(taken, [.. included, .. others]);
            NotStarted(start.Failure);
            return;
        }

        _backlog.Hold(included);
        Settle([.. taken.Except(included)], others);
        _job = new Job(start.Value?.Id, included, clock.TimestampAfter(terms.TimeLimit)) { DueAt = clock.TimestampAfter(start.Value is null ? options.AttemptTimeout : terms.PollInterval) };
        Count();
        LogStarted(channel.Name, options.TenantId, included.Length, start.Value?.Id ?? "of unknown id");
        stopping.ThrowIfCancellationRequested();
    }

    private async Task LookAsync(Job job, CancellationToken stopping)
    {
        job.DueAt = clock.TimestampAfter(_channel!.Bulk!.PollInterval);
        if (job.Id is null)
        {
            if (await EndUnknownAsync(job, stopping))
            {
                NotBelieved(job, new Refusal(0, "NO_ANSWER", null, "Whether the job was begun was never answered.", "", null));
                return;
            }
        }
        else
        {
            var look = await AskAsync(cancel => _channel.LookAsync(job.Id, [.. job.Levels.Select(level => level.Change)], cancel), stopping);
            switch (look.Value)
            {
                case BulkProgress.Ended ended:
                    Ended(job, ended);
                    return;
                case BulkProgress.Failed failed:
                    NotBelieved(job, failed.Answer);
                    return;
                case null:
                    LogNotSeen(channel.Name, options.TenantId, job.Id, Reason(look.Failure));
                    job.DueAt = look.Failure?.AskedPause is { } asked ? clock.TimestampAfter(asked) : job.DueAt;
                    break;
            }
        }

        if (clock.GetTimestamp() >= job.Limit)
        {
            // It may still have its effect, over what is pushed from now on: when it has ended, its levels are read back.
            job.DueAt = clock.TimestampAfter(_channel.Bulk.PollInterval);
            _abandoned.Add(job);
            Tell(new Refusal(0, "TIMEOUT", null, "The job has not ended within the time limit; its levels are pushed without it.", job.Id ?? "", null));
            Release(job, job.Levels, "TIMEOUT");
        }
    }

    /// <summary>Whether nothing can come any more of a job of which only its beginning's failure is known.</summary>
    private async Task<bool> EndUnknownAsync(Job job, CancellationToken stopping)
    {
        (job.Candidates, var failure) = await LeftAsync(job.Candidates, stopping);
        job.DueAt = failure?.AskedPause is { } asked ? clock.TimestampAfter(asked) : job.DueAt;
        return job.Candidates is { Count: 0 };
    }

    private async Task LookAtAbandonedAsync(Job job, CancellationToken stopping)
    {
        job.DueAt = clock.TimestampAfter(_channel!.Bulk!.PollInterval);
        if (await (job.Id is null ? EndUnknownAsync(job, stopping) : HasEndedAsync(job.Id, stopping)))
        {
            _abandoned.Remove(job);
            unsure.Add(job.Levels.Select(level => level.Change.Key));
        }
    }

    private void Ended(Job job, BulkProgress.Ended ended)
    {
        var differing = ended.Differing.ToHashSet();
        pusher.Confirm(
            [.. job.Levels.Where((_, position) => !ended.Refused.ContainsKey(position))],
            new PushResult.Confirmed([.. differing.Select(position => job.Levels[position].Change.Key)]));
        foreach (var (position, refusal) in ended.Refused)
        {
            refused.Park(job.Levels[position], refusal);
        }

        LogEnded(channel.Name, options.TenantId, job.Id!, job.Levels.Count, ended.Refused.Count, differing.Count);
        (_failures, _told) = (0, false);
        if (_caseIsOpen)
        {
            _caseIsOpen = false;
            cases.Mended(Operations.V1.ExceptionKind.DeliveryFailed, default, "A job went through.", CaseReference);
        }

        Release(job, [], "ENDED");
    }

    private void NotBelieved(Job job, Refusal answer)
    {
        Pause(null, answer.Code, answer);
        Release(job, job.Levels, answer.Code);
    }

    private void Release(Job job, IReadOnlyList<PendingLevel> unsettled, string result)
    {
        _job = null;
        _backlog.Release(job.Levels, unsettled);
        sweep.Settled(job.Levels.Except(unsettled));
        metrics.Ended(result);
        Count();
    }

    private void NotStarted(PushResult? failure)
    {
        metrics.Ended(Reason(failure));
        Pause(failure?.AskedPause, Reason(failure), failure switch
        {
            PushResult.Unavailable unavailable => unavailable.Lasting,
            PushResult.Refused refusal => refusal.Refusal,
            _ => null,
        });
    }

    private void Pause(TimeSpan? asked, string reason, Refusal? answer)
    {
        var pause = asked ?? Backoff.After(++_failures, options.RetryDelay, options.MaxRetryDelay);
        _nextStart = clock.TimestampAfter(pause);
        LogNotStarted(channel.Name, options.TenantId, reason, pause);

        // Where nothing gets through at all, that is the case.
        if (answer is not null && _failures >= FailuresBeforeCase && !_told && !pusher.IsBlocked)
        {
            Tell(answer);
        }
    }

    private void Tell(Refusal answer)
    {
        (_told, _caseIsOpen) = (true, true);
        cases.BulkFailed(CaseReference, answer);
    }

    private void Settle(IReadOnlyList<PendingLevel> taken, IReadOnlyList<PendingLevel> unsettled)
    {
        _backlog.Settle(unsettled);
        sweep.Settled(taken.Except(unsettled));
    }

    private async Task<BulkAnswer<T>> AskAsync<T>(Func<CancellationToken, Task<BulkAnswer<T>>> ask, CancellationToken stopping, TimeSpan? limit = null)
        where T : class
    {
        using var timeout = new CancellationTokenSource(limit ?? options.AttemptTimeout, clock);
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        try
        {
            return await ask(attempt.Token);
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            return new BulkAnswer<T>(null, new PushResult.Unavailable(exception.GetType().Name, null));
        }
    }

    private void Count() => metrics.UnderWay(_job?.Levels.Count ?? 0);

    private static string Reason(PushResult? failure) => failure switch
    {
        PushResult.Throttled => "THROTTLED",
        PushResult.Unavailable unavailable => unavailable.Reason,
        PushResult.Refused refusal => refusal.Refusal.Code,
        _ => "NO_ANSWER",
    };

    /// <param name="Id">Null where the channel never said.</param>
    private sealed record Job(string? Id, IReadOnlyList<PendingLevel> Levels, long Limit)
    {
        public long DueAt { get; set; }

        /// <summary>What a job of unknown id can be, of what has not ended; null before it was looked for.</summary>
        public HashSet<string>? Candidates { get; set; }
    }

    [LoggerMessage(LogLevel.Information, "Channel {Channel} of tenant {TenantId} works off {Count} levels as job {Job}")]
    private partial void LogStarted(string channel, string tenantId, int count, string job);

    [LoggerMessage(LogLevel.Information, "Channel {Channel} of tenant {TenantId} ended job {Job}: of {Count} levels {Refused} were refused, {Differing} are shown otherwise")]
    private partial void LogEnded(string channel, string tenantId, string job, int count, int refused, int differing);

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} of tenant {TenantId}: no job ({Reason}); levels go one push after another, and the next job is tried after {Pause}")]
    private partial void LogNotStarted(string channel, string tenantId, string reason, TimeSpan pause);

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} of tenant {TenantId} did not say what became of job {Job} ({Reason}); looking again")]
    private partial void LogNotSeen(string channel, string tenantId, string job, string reason);

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} of tenant {TenantId} did not say which jobs are under way ({Reason}); nothing is pushed before it does")]
    private partial void LogNotListed(string channel, string tenantId, string reason);

    [LoggerMessage(LogLevel.Information, "Channel {Channel} of tenant {TenantId} still has jobs of an earlier instance ({Jobs}); nothing is pushed before they have ended")]
    private partial void LogWaitsForEarlier(string channel, string tenantId, string jobs);
}
