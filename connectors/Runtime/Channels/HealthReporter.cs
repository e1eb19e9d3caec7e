using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;

namespace StockAuthority.Connectors.Runtime.Channels;

/// <summary>Reports how the channel does, and opens a case where a checkpoint failed by it.</summary>
internal sealed partial class HealthReporter(
    ChannelService.ChannelServiceClient client,
    ChannelLink link,
    ChannelHealthMeter meter,
    ChannelCases cases,
    ConnectorOptions options,
    TimeProvider clock,
    ILogger<HealthReporter> logger)
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);
    private long _report;
    private long _reportedFailure;

    public async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            await Task.Delay(options.ReportInterval, clock, stopping);
            if (!link.HoldsFor(TimeSpan.Zero))
            {
                continue;
            }

            var channel = link.Channel;
            TellFailure(channel);
            try
            {
                var answer = await client.ReportChannelHealthAsync(
                    new ReportChannelHealthRequest
                    {
                        TenantId = options.TenantId,
                        ChannelId = options.Consumer,
                        FencingNumber = channel.Lease.FencingNumber,
                        ReportNumber = ++_report,
                        ChannelVersion = channel.Version,
                        Health = meter.Take(),
                    },
                    deadline: (clock.GetUtcNow() + CallLimit).UtcDateTime, cancellationToken: stopping);
                link.Heard(answer.Channel);
                TellFailure(answer.Channel);
            }
            catch (RpcException exception) when (IsLost(exception))
            {
                link.Lost();
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                LogNotReported(exception, options.Consumer, options.TenantId);
            }
        }
    }

    public static bool IsLost(RpcException exception) =>
        exception.StatusCode == StatusCode.FailedPrecondition && exception.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason == "LEASE_LOST";

    private void TellFailure(RegisteredChannel channel)
    {
        if (channel is { Paused: true, CheckpointFailed: true } && channel.Version > _reportedFailure)
        {
            _reportedFailure = channel.Version;
            cases.CheckpointFailed(
                FormattableString.Invariant($"{channel.Rollout.Mode} {channel.Rollout.Percent}% v{channel.Version}"), channel.PauseReason, channel.ChangeTime.ToDateTimeOffset());
        }
    }

    [LoggerMessage(LogLevel.Warning, "The health of channel {Channel} of tenant {TenantId} could not be reported")]
    private partial void LogNotReported(Exception exception, string channel, string tenantId);
}
