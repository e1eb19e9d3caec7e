using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Operations.V1;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>The authority's side of channels, over the desk and the journal in memory.</summary>
internal sealed class DeskChannelService(ChannelDesk desk, Journal journal, FeedSwitches switches) : ChannelService.ChannelServiceBase
{
    public override Task<RegisterChannelResponse> RegisterChannel(RegisterChannelRequest request, ServerCallContext context)
    {
        Check();
        return Task.FromResult(new RegisterChannelResponse { Channel = desk.Register(request.ChannelId, request.Declaration) });
    }

    public override Task<AcquireChannelLeaseResponse> AcquireChannelLease(AcquireChannelLeaseRequest request, ServerCallContext context)
    {
        Check();
        var (held, channel) = desk.Acquire(request.Holder, request.Ttl?.ToTimeSpan() ?? TimeSpan.Zero, request.Release);
        return Task.FromResult(new AcquireChannelLeaseResponse { Held = held, Channel = channel });
    }

    public override Task<ReportChannelHealthResponse> ReportChannelHealth(ReportChannelHealthRequest request, ServerCallContext context)
    {
        Check();
        return Task.FromResult(new ReportChannelHealthResponse { Channel = desk.Report(request.Health) });
    }

    public override Task<CompleteChannelTaskResponse> CompleteChannelTask(CompleteChannelTaskRequest request, ServerCallContext context)
    {
        Check();
        return Task.FromResult(new CompleteChannelTaskResponse { Channel = desk.Complete(request.TaskNumber) });
    }

    public override Task<ListLevelsResponse> ListLevels(ListLevelsRequest request, ServerCallContext context)
    {
        Check();
        var levels = journal.Levels().Where(level => request.Skus.Count == 0 || request.Skus.Contains(level.Sku)).ToArray();
        var start = request.PageToken.Length == 0 ? 0 : int.Parse(request.PageToken, System.Globalization.CultureInfo.InvariantCulture);
        var end = Math.Min(levels.Length, start + request.PageSize);
        return Task.FromResult(new ListLevelsResponse
        {
            Levels = { levels[start..end] },
            NextPageToken = end < levels.Length ? end.ToString(System.Globalization.CultureInfo.InvariantCulture) : "",
            ReadTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
        });
    }

    private void Check()
    {
        if (switches.Down)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "down"));
        }
    }
}

internal sealed class DeskExceptionService(ChannelDesk desk, FeedSwitches switches) : ExceptionService.ExceptionServiceBase
{
    public override Task<ReportExceptionResponse> ReportException(ReportExceptionRequest request, ServerCallContext context)
    {
        if (switches.CasesDown)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "down"));
        }

        desk.Add(request);
        return Task.FromResult(new ReportExceptionResponse { Opened = true });
    }

    public override Task<ListExceptionsResponse> ListExceptions(ListExceptionsRequest request, ServerCallContext context) => Task.FromResult(new ListExceptionsResponse
    {
        Exceptions = { desk.Open.Where(each => each.Channel == request.Channel && each.Kind == request.Kind && (!request.ReplayRequested || each.ReplayRequestTime is not null)) },
    });

    public override Task<ReportExceptionMendedResponse> ReportExceptionMended(ReportExceptionMendedRequest request, ServerCallContext context)
    {
        desk.Add(request);
        return Task.FromResult(new ReportExceptionMendedResponse());
    }
}
