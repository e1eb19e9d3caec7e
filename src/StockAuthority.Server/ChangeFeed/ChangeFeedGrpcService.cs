using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Options;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Server.Channels;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>The feed over gRPC.</summary>
internal sealed class ChangeFeedGrpcService(
    FeedReader feed,
    FeedCheckpoints checkpoints,
    FeedSignals signals,
    FeedStreams streams,
    CheckpointSignal acknowledged,
    PaymentVisibility payments,
    IHostApplicationLifetime lifetime,
    IOptions<ChangeFeedOptions> options,
    TimeProvider time) : ChangeFeedService.ChangeFeedServiceBase
{
    public override async Task<ReadChangesResponse> ReadChanges(ReadChangesRequest request, ServerCallContext context)
    {
        var pageSize = ChangeFeedRequests.Read(request);
        var page = await feed.ReadAsync(request.TenantId, request.AfterSequence, pageSize, context.CancellationToken)
            ?? throw UnknownTenant(request.TenantId);
        CheckAttached(page, request.AfterSequence);
        return new ReadChangesResponse
        {
            Movements = { page.Movements.Select(StockMessages.Movement) },
            Levels = { page.Levels.Select(StockMessages.Level) },
            HeadSequence = page.HeadSequence,
        };
    }

    public override async Task WatchChanges(
        WatchChangesRequest request,
        IServerStreamWriter<WatchChangesResponse> responseStream,
        ServerCallContext context)
    {
        ChangeFeedRequests.Check(request);
        using var stream = streams.Open();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await WatchAsync(request.TenantId, request.AfterSequence, responseStream, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The client left, or the server stops: the stream ends as one that has nothing more to say.
        }
    }

    public override async Task<AcknowledgeChangesResponse> AcknowledgeChanges(AcknowledgeChangesRequest request, ServerCallContext context)
    {
        ChangeFeedRequests.Check(request);
        var checkpoint = await checkpoints.AcknowledgeAsync(request.TenantId, request.Consumer, request.Sequence, request.FencingNumber, context.CancellationToken)
            ?? throw UnknownTenant(request.TenantId);
        if (checkpoint.Sequence is not { } sequence)
        {
            throw request.Sequence > checkpoint.HeadSequence
                ? SequenceNotReached(request.Sequence, checkpoint.HeadSequence)
                : ChannelStore.LeaseLost(request.Consumer).ToRpcException();
        }

        acknowledged.Raise();
        if (request.FencingNumber > 0)
        {
            await payments.MeasureAsync(request.TenantId, request.Consumer, checkpoint.Before, sequence, context.CancellationToken);
        }

        return new AcknowledgeChangesResponse { Sequence = sequence };
    }

    public override async Task<GetCheckpointResponse> GetCheckpoint(GetCheckpointRequest request, ServerCallContext context)
    {
        ChangeFeedRequests.Check(request);
        var checkpoint = await checkpoints.GetAsync(request.TenantId, request.Consumer, context.CancellationToken)
            ?? throw UnknownTenant(request.TenantId);
        return new GetCheckpointResponse { Sequence = checkpoint.Sequence ?? 0, HeadSequence = checkpoint.HeadSequence };
    }

    private async Task WatchAsync(string tenantId, long after, IServerStreamWriter<WatchChangesResponse> responses, CancellationToken cancellationToken)
    {
        // Watched before the first read, so that what is committed in between wakes us.
        using var watch = signals.Watch(tenantId);
        var falseAlarms = 0;
        while (true)
        {
            var announced = watch.Latest;
            var page = await feed.ReadSharedAsync(tenantId, after, cancellationToken) ?? throw UnknownTenant(tenantId);
            CheckAttached(page, after);
            if (page.HeadSequence < after)
            {
                await CheckReachedAsync(tenantId, after, cancellationToken);
            }

            if (page.Movements.Count > 0)
            {
                falseAlarms = 0;
                after = page.Movements[^1].Sequence;
                await responses.WriteAsync(Response(page), cancellationToken);
            }
            else if (announced > after && ++falseAlarms > 1)
            {
                // Once can be a shared read that began before the announcement. Twice, the announcement is wrong: as it
                // would announce the same again and again, go on by polling.
                await Task.Delay(options.Value.PollInterval, time, cancellationToken);
            }

            if (page.Movements.Count < FeedReader.WatchPageSize)
            {
                await watch.WaitBeyondAsync(after, cancellationToken);
            }
        }
    }

    /// <summary>
    /// A journal that is shorter than what the caller has seen was restored, and waiting would skip what comes now. The shared
    /// read may only have begun too early, so this one is the stream's own.
    /// </summary>
    private async Task CheckReachedAsync(string tenantId, long after, CancellationToken cancellationToken)
    {
        var page = await feed.ReadAsync(tenantId, after, pageSize: 1, cancellationToken) ?? throw UnknownTenant(tenantId);
        if (page.HeadSequence < after)
        {
            throw SequenceNotReached(after, page.HeadSequence);
        }
    }

    /// <summary>Whoever is so far behind cannot have every movement any more, and must not believe that it has.</summary>
    private static void CheckAttached(FeedPage page, long after)
    {
        if (page.DetachedUpTo > 0)
        {
            throw Errors.SequenceDetached(
                after,
                page.DetachedUpTo,
                "Take the levels as they are now and go on",
                ("head_sequence", page.HeadSequence.ToString(CultureInfo.InvariantCulture))).ToRpcException();
        }
    }

    private static WatchChangesResponse Response(FeedPage page) => new()
    {
        Movements = { page.Movements.Select(StockMessages.Movement) },
        Levels = { page.Levels.Select(StockMessages.Level) },
        HeadSequence = page.HeadSequence,
    };

    private static RpcException UnknownTenant(string tenantId) => Errors.UnknownTenant(tenantId).ToRpcException();

    private static RpcException SequenceNotReached(long sequence, long head) => Errors.SequenceNotReached(sequence, head).ToRpcException();
}
