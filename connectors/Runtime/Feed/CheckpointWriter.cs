using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Feed;

/// <summary>
/// Acknowledges beside the delivery, latest first: an authority that is away must not keep what was already read from
/// the channel, and an acknowledgement that is overtaken need not be sent.
/// </summary>
internal sealed partial class CheckpointWriter(
    ChangeFeedService.ChangeFeedServiceClient client,
    ChannelLink link,
    ConnectorOptions options,
    ConnectorMetrics metrics,
    TimeProvider clock,
    ILogger<CheckpointWriter> logger)
{
    private readonly Channel<long> _latest = Channel.CreateBounded<long>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private long _offered;

    /// <summary>Nothing of an earlier lease is left to say.</summary>
    public void Begin(long sequence)
    {
        while (_latest.Reader.TryRead(out _))
        {
        }

        _offered = sequence;
    }

    public void Advance(long sequence)
    {
        if (sequence > _offered)
        {
            _offered = sequence;
            _latest.Writer.TryWrite(sequence);
        }
    }

    public async Task RunAsync(long fencingNumber, CancellationToken stopping)
    {
        await foreach (var settled in _latest.Reader.ReadAllAsync(stopping))
        {
            var sequence = settled;
            for (var failures = 1; !await TryAcknowledgeAsync(sequence, fencingNumber, stopping); failures++)
            {
                await Task.Delay(Backoff.After(failures, options.RetryDelay, options.MaxRetryDelay), clock, stopping);
                sequence = _latest.Reader.TryRead(out var newer) ? newer : sequence;
            }
        }
    }

    private async Task<bool> TryAcknowledgeAsync(long sequence, long fencingNumber, CancellationToken stopping)
    {
        try
        {
            var answer = await client.AcknowledgeChangesAsync(
                new AcknowledgeChangesRequest { TenantId = options.TenantId, Consumer = options.Consumer, Sequence = sequence, FencingNumber = fencingNumber },
                deadline: clock.CallDeadline(),
                cancellationToken: stopping);
            metrics.Acknowledged(answer.Sequence);
            return true;
        }
        catch (RpcException exception) when (HealthReporter.IsLost(exception))
        {
            link.Lost();
            return false;
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            LogNotAcknowledged(exception, options.Consumer, options.TenantId, sequence);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Consumer {Consumer} of tenant {TenantId} could not acknowledge sequence {Sequence}; trying again")]
    private partial void LogNotAcknowledged(Exception exception, string consumer, string tenantId, long sequence);
}
