using System.Threading.Channels;
using Google.Protobuf.Collections;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Feed;

/// <summary>
/// Reads the journal from the checkpoint on, for as long as the process runs. Polling is the contract: it runs first, after
/// each break of the stream, and when the stream has been silent for long. The stream only cuts the latency.
/// </summary>
internal sealed partial class JournalReader(
    ChangeFeedService.ChangeFeedServiceClient client,
    ConnectorOptions options,
    FeedConnection connection,
    ConnectorMetrics metrics,
    TimeProvider clock,
    ILogger<JournalReader> logger)
{
    private const int PageSize = 1000;
    private long _position;

    public async Task<GetCheckpointResponse> StartAsync(CancellationToken stopping)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                var checkpoint = await client.GetCheckpointAsync(
                    new GetCheckpointRequest { TenantId = options.TenantId, Consumer = options.Consumer }, deadline: clock.CallDeadline(), cancellationToken: stopping);
                _position = checkpoint.Sequence;
                metrics.Acknowledged(checkpoint.Sequence);
                metrics.Head(checkpoint.HeadSequence);
                LogStarted(options.Consumer, options.TenantId, checkpoint.Sequence, checkpoint.HeadSequence);
                return checkpoint;
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                LogCheckpointNotRead(exception, options.Consumer, options.TenantId);
                await PauseAsync(failures, stopping);
            }
        }
    }

    public async Task RunAsync(ChannelWriter<FeedPage> pages, CancellationToken stopping)
    {
        var pollFailures = 0;
        var streamFailures = 0;
        var streamDue = clock.GetTimestamp();
        while (true)
        {
            if (!await PollAsync(pages, stopping))
            {
                await PauseAsync(++pollFailures, stopping);
                continue;
            }

            pollFailures = 0;
            if (streamFailures > 0 && clock.GetTimestamp() < streamDue)
            {
                await Task.Delay(options.PollInterval, clock, stopping);
                continue;
            }

            var end = await WatchAsync(pages, stopping);
            streamFailures = end switch
            {
                StreamEnd.Silent => 0,
                StreamEnd.BrokenAfterChanges => 1,
                _ => streamFailures + 1,
            };
            if (streamFailures > 0)
            {
                var pause = Backoff.After(streamFailures, options.RetryDelay, options.MaxRetryDelay);
                streamDue = clock.TimestampAfter(pause);
            }
        }
    }

    private async Task<bool> PollAsync(ChannelWriter<FeedPage> pages, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                var answer = await client.ReadChangesAsync(
                    new ReadChangesRequest { TenantId = options.TenantId, AfterSequence = _position, PageSize = PageSize }, deadline: clock.CallDeadline(), cancellationToken: stopping);
                connection.Up();
                if (answer.Movements.Count == 0)
                {
                    metrics.Head(answer.HeadSequence);
                    return true;
                }

                await AcceptAsync(answer.Movements, answer.HeadSequence, pages, stopping);
            }
        }
        catch (RpcException exception) when (DetachedUpTo(exception) is { } detached && detached > _position)
        {
            LogDetached(options.Consumer, options.TenantId, _position, detached);
            await pages.WriteAsync(new FeedPage([]) { DetachedUpTo = detached }, stopping);
            _position = detached;
            return false;
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            connection.Down();
            LogPollFailed(exception, options.TenantId, _position);
            return false;
        }
    }

    private async Task<StreamEnd> WatchAsync(ChannelWriter<FeedPage> pages, CancellationToken stopping)
    {
        using var silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping, silence.Token);
        var start = _position;
        try
        {
            using var call = client.WatchChanges(
                new WatchChangesRequest { TenantId = options.TenantId, AfterSequence = _position }, cancellationToken: ending.Token);
            silence.CancelAfter(options.StreamIdleLimit);
            while (await call.ResponseStream.MoveNext(ending.Token))
            {
                // A full backlog keeps this loop waiting; that is not the stream's silence.
                silence.CancelAfter(Timeout.InfiniteTimeSpan);
                await AcceptAsync(call.ResponseStream.Current.Movements, call.ResponseStream.Current.HeadSequence, pages, stopping);
                silence.CancelAfter(options.StreamIdleLimit);
            }

            LogStreamClosed(options.TenantId, _position);
        }
        catch (Exception) when (silence.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            return StreamEnd.Silent;
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            LogStreamBroken(exception, options.TenantId, _position);
        }

        return _position > start ? StreamEnd.BrokenAfterChanges : StreamEnd.Broken;
    }

    private async ValueTask AcceptAsync(RepeatedField<Movement> movements, long headSequence, ChannelWriter<FeedPage> pages, CancellationToken stopping)
    {
        var fresh = movements.Where(movement => movement.Sequence > _position).ToArray();
        var expected = _position;
        foreach (var movement in fresh)
        {
            if (movement.Sequence != ++expected)
            {
                throw new FeedGapException(expected, movement.Sequence);
            }
        }

        metrics.Head(headSequence);
        if (fresh.Length > 0)
        {
            await pages.WriteAsync(new FeedPage(fresh), stopping);
            _position = expected;
        }
    }

    /// <summary>Where to go on where what was asked for is detached from the journal; null for other errors.</summary>
    public static long? DetachedUpTo(RpcException exception) =>
        exception.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>() is { Reason: "SEQUENCE_DETACHED" } info
        && info.Metadata.TryGetValue("detached_up_to", out var text) && long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var sequence)
            ? sequence
            : null;

    private Task PauseAsync(int failures, CancellationToken stopping) =>
        Task.Delay(Backoff.After(failures, options.RetryDelay, options.MaxRetryDelay), clock, stopping);

    [LoggerMessage(LogLevel.Information, "Consumer {Consumer} of tenant {TenantId} starts after sequence {Sequence}; the journal ends at {HeadSequence}")]
    private partial void LogStarted(string consumer, string tenantId, long sequence, long headSequence);

    [LoggerMessage(LogLevel.Warning, "The checkpoint of consumer {Consumer} of tenant {TenantId} could not be read; trying again")]
    private partial void LogCheckpointNotRead(Exception exception, string consumer, string tenantId);

    [LoggerMessage(LogLevel.Warning, "Polling the changes of tenant {TenantId} after sequence {Sequence} failed; trying again")]
    private partial void LogPollFailed(Exception exception, string tenantId, long sequence);

    [LoggerMessage(LogLevel.Warning, "The stream of tenant {TenantId} broke after sequence {Sequence}; polling until it is back")]
    private partial void LogStreamBroken(Exception exception, string tenantId, long sequence);

    [LoggerMessage(LogLevel.Warning, "Consumer {Consumer} of tenant {TenantId} was at sequence {Sequence}, and the journal up to {DetachedUpTo} is detached: its levels are taken as they are now")]
    private partial void LogDetached(string consumer, string tenantId, long sequence, long detachedUpTo);

    [LoggerMessage(LogLevel.Information, "The authority closed the stream of tenant {TenantId} after sequence {Sequence}")]
    private partial void LogStreamClosed(string tenantId, long sequence);

    private enum StreamEnd
    {
        Silent,
        Broken,
        BrokenAfterChanges,
    }
}
