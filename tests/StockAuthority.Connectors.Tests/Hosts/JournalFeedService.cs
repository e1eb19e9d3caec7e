using Grpc.Core;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>The authority's side of the feed, over the journal in memory.</summary>
internal sealed class JournalFeedService(Journal journal, ChannelDesk desk, FeedSwitches switches) : ChangeFeedService.ChangeFeedServiceBase
{
    public const string TenantId = "acme";
    public const string Token = "feed-token";

    public override Task<GetCheckpointResponse> GetCheckpoint(GetCheckpointRequest request, ServerCallContext context)
    {
        Check(request.TenantId, context);
        return Task.FromResult(new GetCheckpointResponse { Sequence = journal.Checkpoint(request.Consumer), HeadSequence = journal.Head });
    }

    public override Task<AcknowledgeChangesResponse> AcknowledgeChanges(AcknowledgeChangesRequest request, ServerCallContext context)
    {
        Check(request.TenantId, context);
        if (!desk.Works(request.FencingNumber))
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, "LEASE_LOST"));
        }

        return request.Sequence > journal.Head
            ? throw new RpcException(new Status(StatusCode.FailedPrecondition, "SEQUENCE_NOT_REACHED"))
            : Task.FromResult(new AcknowledgeChangesResponse { Sequence = journal.Acknowledge(request.Consumer, request.Sequence) });
    }

    public override Task<ReadChangesResponse> ReadChanges(ReadChangesRequest request, ServerCallContext context)
    {
        Check(request.TenantId, context);
        Interlocked.Increment(ref switches.Reads);
        var (movements, levels, head) = journal.Read(request.AfterSequence, Math.Min(request.PageSize, switches.PageSize));
        return Task.FromResult(new ReadChangesResponse { Movements = { Visible(movements) }, Levels = { levels }, HeadSequence = head });
    }

    public override async Task WatchChanges(WatchChangesRequest request, IServerStreamWriter<WatchChangesResponse> responseStream, ServerCallContext context)
    {
        Check(request.TenantId, context);
        if (switches.StreamDown)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "no streams"));
        }

        switches.CountStream();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, switches.Breaking);
        var position = request.AfterSequence;
        try
        {
            while (true)
            {
                var news = journal.News;
                var (movements, levels, head) = journal.Read(position, switches.PageSize);
                if (movements.Count == 0 || switches.StreamMute)
                {
                    await news.WaitAsync(ending.Token);
                    continue;
                }

                await responseStream.WriteAsync(new WatchChangesResponse { Movements = { Visible(movements) }, Levels = { levels }, HeadSequence = head }, ending.Token);
                position = movements[^1].Sequence;
            }
        }
        catch (OperationCanceledException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the stream broke"));
        }
    }

    private IEnumerable<Movement> Visible(IReadOnlyList<Movement> movements) => movements.Where(movement => movement.Sequence != switches.HiddenSequence);

    private void Check(string tenantId, ServerCallContext context)
    {
        if (switches.Down)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "down"));
        }

        if (tenantId != TenantId || context.RequestHeaders.GetValue("authorization") != "Bearer " + Token)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "not for this tenant"));
        }
    }
}
