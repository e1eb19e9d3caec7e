using System.Globalization;
using Microsoft.Extensions.Logging;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>
/// Settles a batch: each entry booked and recorded, or given up. Before every attempt it asks the channel what is booked already,
/// since the attempt before, or a process before this one, may have booked more than it was told.
/// </summary>
internal sealed partial class JournalPoster(
    IJournalChannel channel, PostingRecorder recorder, RefusedEntries refused, ChannelLink link, ConnectorOptions options, JournalMetrics metrics, TimeProvider clock, ILogger<JournalPoster> logger)
    : IDisposable
{
    /// <summary>Answers that nobody can sort until an entry, alone, is given up.</summary>
    private const int UnsortedAnswers = 5;

    /// <summary>One batch at a time: an ERP that is slow is not made faster by several callers.</summary>
    private readonly SemaphoreSlim _turn = new(1);

    public void Dispose() => _turn.Dispose();

    /// <returns>Those that were not booked before, and are now.</returns>
    public async Task<IReadOnlyList<JournalEntry>> SettleAsync(IReadOnlyList<JournalEntry> batch, CancellationToken stopping)
    {
        await _turn.WaitAsync(stopping);
        try
        {
            return await SettleInTurnAsync(batch, stopping);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>What the channel has of an entry; null where it has nothing. Throws where it cannot be asked.</summary>
    public async Task<PostedDocument?> FindAsync(JournalEntry entry, CancellationToken stopping)
    {
        await _turn.WaitAsync(stopping);
        try
        {
            using var timeout = new CancellationTokenSource(options.AttemptTimeout, clock);
            using var attempt = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token);
            return (await channel.FindAsync([entry], attempt.Token)).GetValueOrDefault(entry.Origin);
        }
        catch (Exception exception) when (exception is not JournalUnavailableException && !stopping.IsCancellationRequested)
        {
            throw new JournalUnavailableException(exception.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<IReadOnlyList<JournalEntry>> SettleInTurnAsync(IReadOnlyList<JournalEntry> batch, CancellationToken stopping)
    {
        var booked = new List<JournalEntry>();
        var missing = new HashSet<string>(StringComparer.Ordinal);
        var parts = new Stack<IReadOnlyList<JournalEntry>>();
        parts.Push(batch);
        var failures = 0;
        var unsorted = 0;
        while (parts.TryPop(out var part))
        {
            switch (await AttemptAsync(part, missing, stopping))
            {
                case PostResult.Posted posted:
                    (failures, unsorted) = (0, 0);
                    await recorder.RecordAsync(part, posted.Documents, stopping);
                    metrics.Posted(part);
                    booked.AddRange(part.Where(entry => missing.Contains(entry.Origin)));
                    break;
                case PostResult.Refused refusal when part.Count == 1:
                    unsorted = 0;
                    await refused.ParkAsync(part[0], refusal.Refusal, refusal.Sent, stopping);
                    break;
                case PostResult.Refused:
                    Split(part, parts);
                    break;
                case PostResult.Unavailable { IsAnswer: true } answer when ++unsorted >= UnsortedAnswers:
                    unsorted = 0;
                    if (part.Count == 1)
                    {
                        await refused.ParkAsync(part[0], new Refusal(0, "NOT_UNDERSTOOD", null, answer.Reason, part[0].Origin, null), null, stopping);
                    }
                    else
                    {
                        Split(part, parts);
                    }

                    break;
                case PostResult.Unavailable unavailable:
                    metrics.Failed(unavailable.IsAnswer ? "NOT_UNDERSTOOD" : unavailable.Reason);
                    var pause = unavailable.RetryAfter ?? Backoff.After(++failures, options.RetryDelay, options.MaxRetryDelay);
                    LogFailed(channel.Name, part.Count, part[0].Origin, unavailable.Reason, pause);
                    parts.Push(part);
                    await Task.Delay(pause, clock, stopping);
                    break;
            }
        }

        return booked;
    }

    private static void Split(IReadOnlyList<JournalEntry> part, Stack<IReadOnlyList<JournalEntry>> parts)
    {
        // The first half on top: the order of the journal stays.
        parts.Push([.. part.Skip(part.Count / 2)]);
        parts.Push([.. part.Take(part.Count / 2)]);
    }

    private async Task<PostResult> AttemptAsync(IReadOnlyList<JournalEntry> part, HashSet<string> everMissing, CancellationToken stopping)
    {
        if (!link.HoldsFor(options.AttemptTimeout))
        {
            // Whoever takes the lease over must find no attempt of ours under way.
            return new PostResult.Unavailable("LEASE_ENDING");
        }

        using var timeout = new CancellationTokenSource(options.AttemptTimeout, clock);
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token);
        try
        {
            var found = await channel.FindAsync(part, attempt.Token);
            JournalEntry[] missing = [.. part.Where(entry => !found.ContainsKey(entry.Origin))];
            everMissing.UnionWith(missing.Select(entry => entry.Origin));
            if (missing.Length == 0)
            {
                return new PostResult.Posted(found);
            }

            if (missing.Length < part.Count)
            {
                LogFound(channel.Name, part.Count - missing.Length, part[0].Origin);
            }

            var result = await channel.PostAsync(missing, attempt.Token);
            return result is PostResult.Posted posted
                ? new PostResult.Posted(found.Concat(posted.Documents).ToDictionary(each => each.Key, each => each.Value, StringComparer.Ordinal))
                : result;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            return new PostResult.Unavailable(string.Create(CultureInfo.InvariantCulture, $"no answer within {options.AttemptTimeout.TotalSeconds} s"));
        }
        catch (JournalUnavailableException unavailable)
        {
            return new PostResult.Unavailable(unavailable.Message, unavailable.RetryAfter, unavailable.IsAnswer);
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            return new PostResult.Unavailable(exception.GetType().Name + ": " + exception.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} may not have booked {Count} entries from {Origin} on ({Reason}); looking what it has after {Pause}")]
    private partial void LogFailed(string channel, int count, string origin, string reason, TimeSpan pause);

    [LoggerMessage(LogLevel.Information, "Channel {Channel} has booked {Count} entries from {Origin} on already; they are only recorded")]
    private partial void LogFound(string channel, int count, string origin);
}
