using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Runtime.Feed;
using StockAuthority.Inventory.V1;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Forwarding;

/// <summary>
/// What people asked for: everything after a sequence once more, for whoever lost it or is new. It goes before what is new, so that the
/// latest movement of a key is also the last one that the channel gets.
/// </summary>
internal sealed partial class FeedReplay(
    ChangeFeedService.ChangeFeedServiceClient feed,
    IFeedChannel channel,
    Forwarder forwarder,
    ChannelLink link,
    ConnectorOptions options,
    TimeProvider clock,
    ILogger<FeedReplay> logger)
{
    private const int PageSize = 1000;
    private long _task;
    private long _position;
    private int _failures;

    /// <summary>Does a part of what is asked; false where nothing is.</summary>
    public async Task<bool> WorkAsync(RegisteredChannel state, long settled, CancellationToken stopping)
    {
        if (state.Task is not { TaskNumber: > 0, Done: false } task)
        {
            return false;
        }

        if (task.TaskNumber != _task)
        {
            (_task, _position) = (task.TaskNumber, task.ReplayAfterSequence);
            LogReplaying(options.Consumer, options.TenantId, task.TaskNumber, task.ReplayAfterSequence);
        }

        try
        {
            if (task.Resync)
            {
                await link.CompleteTaskAsync(task.TaskNumber, "A feed has no levels to compare: ask for a replay.", state.Lease.FencingNumber, stopping);
            }
            else if (_position >= settled)
            {
                await link.CompleteTaskAsync(
                    task.TaskNumber, string.Create(CultureInfo.InvariantCulture, $"Forwarded again up to sequence {_position}."), state.Lease.FencingNumber, stopping);
            }
            else
            {
                await ForwardPageAsync(settled, stopping);
            }

            _failures = 0;
        }
        catch (RpcException exception) when (HealthReporter.IsLost(exception))
        {
            link.Lost();
        }
        catch (RpcException exception) when (JournalReader.DetachedUpTo(exception) is { } detached && detached > _position)
        {
            _position = detached;
        }
        catch (RpcException exception) when (!stopping.IsCancellationRequested)
        {
            LogFailed(exception, options.Consumer, options.TenantId, task.TaskNumber);
            await Task.Delay(Backoff.After(++_failures, options.RetryDelay, options.MaxRetryDelay), clock, stopping);
        }

        return true;
    }

    private async Task ForwardPageAsync(long settled, CancellationToken stopping)
    {
        var page = await feed.ReadChangesAsync(
            new ReadChangesRequest { TenantId = options.TenantId, AfterSequence = _position, PageSize = Math.Min(PageSize, channel.MaxMovementsPerForward) },
            deadline: clock.CallDeadline(), cancellationToken: stopping);
        Movement[] again = [.. page.Movements.Where(movement => movement.Sequence <= settled)];
        var count = again.Length == 0 ? 0 : await forwarder.ForwardAsync(again, stopping);
        _position = count > 0 ? again[count - 1].Sequence : again.Length == 0 ? settled : _position;
    }

    [LoggerMessage(LogLevel.Information, "Channel {Channel} of tenant {TenantId}: task {Task} asks for all after sequence {Sequence} again")]
    private partial void LogReplaying(string channel, string tenantId, long task, long sequence);

    [LoggerMessage(LogLevel.Warning, "Task {Task} of channel {Channel} of tenant {TenantId} did not go on; trying again")]
    private partial void LogFailed(Exception exception, string channel, string tenantId, long task);
}
