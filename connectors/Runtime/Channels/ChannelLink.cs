using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Feed;

namespace StockAuthority.Connectors.Runtime.Channels;

/// <summary>
/// The channel as the authority keeps it, and the lease under which this instance works. One instance works, the others
/// stand by; whoever has lost the lease pushes and acknowledges nothing more. Standing by is as ready as working: a rolling update waits for the new
/// instance to be ready before it ends the old one, which has the lease until then.
/// </summary>
internal sealed partial class ChannelLink(
    ChannelService.ChannelServiceClient client, ConnectorOptions options, ChannelDeclarationOptions declaration, FeedConnection connection, TimeProvider clock, ILogger<ChannelLink> logger)
    : IDisposable
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);
    private readonly string _holder = $"{Environment.MachineName}/{Guid.NewGuid():N}";
    private readonly Lock _lock = new();
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RegisteredChannel? _channel;
    private long _validUntil;
    private bool _held;
    private CancellationTokenSource _term = new();

    /// <summary>Cancelled when the lease that was waited for is lost.</summary>
    public CancellationToken Term
    {
        get
        {
            lock (_lock)
            {
                return _term.Token;
            }
        }
    }

    /// <summary>As it was told last. Only after <see cref="HeldAsync"/>.</summary>
    public RegisteredChannel Channel
    {
        get
        {
            lock (_lock)
            {
                return _channel!;
            }
        }
    }

    public RegisteredChannel? ChannelOrNull
    {
        get
        {
            lock (_lock)
            {
                return _channel;
            }
        }
    }

    /// <summary>Whether it is known to be paused.</summary>
    public bool IsPaused => ChannelOrNull is { Paused: true };

    /// <summary>Completes when the channel is told the next time.</summary>
    public Task News
    {
        get
        {
            lock (_lock)
            {
                return _news.Task;
            }
        }
    }

    /// <summary>
    /// Whether the lease lasts for a call of this length, by our own clock from before it was asked for: whoever takes over finds no
    /// call of ours under way.
    /// </summary>
    public bool HoldsFor(TimeSpan time)
    {
        lock (_lock)
        {
            return _held && clock.TimestampAfter(time) < _validUntil;
        }
    }

    public async Task HeldAsync(CancellationToken stopping)
    {
        while (true)
        {
            var news = News;
            if (HoldsFor(TimeSpan.Zero))
            {
                return;
            }

            await news.WaitAsync(stopping);
        }
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        var registered = false;
        while (true)
        {
            try
            {
                if (!registered)
                {
                    await client.RegisterChannelAsync(
                        new RegisterChannelRequest { TenantId = options.TenantId, ChannelId = options.Consumer, Declaration = declaration.Declaration },
                        deadline: Deadline(), cancellationToken: stopping);
                    registered = true;
                }

                await RenewAsync(stopping);
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                LogNotRenewed(exception, options.Consumer, options.TenantId);
                if (!HoldsFor(TimeSpan.Zero))
                {
                    // While it works, the feed says whether the authority answers.
                    connection.Down();
                }
            }

            LoseWhatHasEnded();
            await Task.Delay(NextRenewal(), clock, stopping);
        }
    }

    /// <summary>Lets another instance work at once. What it cannot say in time the lease's end says.</summary>
    public async Task ReleaseAsync()
    {
        try
        {
            await client.AcquireChannelLeaseAsync(
                new AcquireChannelLeaseRequest { TenantId = options.TenantId, ChannelId = options.Consumer, Holder = _holder, Release = true }, deadline: Deadline());
        }
        catch (RpcException exception)
        {
            LogNotRenewed(exception, options.Consumer, options.TenantId);
        }
    }

    public void Heard(RegisteredChannel channel)
    {
        lock (_lock)
        {
            _channel = channel;
            Tell();
        }
    }

    public void Dispose() => _term.Dispose();

    /// <summary>Has those who wait look again.</summary>
    public void Nudge()
    {
        lock (_lock)
        {
            Tell();
        }
    }

    /// <summary>The authority says that another instance works.</summary>
    public void Lost()
    {
        lock (_lock)
        {
            if (_held)
            {
                _held = false;
                _term.Cancel();
                _term = new CancellationTokenSource();
                LogLost(options.Consumer, options.TenantId);
                Tell();
            }
        }
    }

    /// <summary>What people asked for is done; the channel as it is then.</summary>
    /// <param name="taskNumber">The task's.</param>
    /// <param name="summary">What came of it.</param>
    /// <param name="fencingNumber">Of the lease under which it was done.</param>
    /// <param name="stopping">Ends the call.</param>
    public async Task<RegisteredChannel> CompleteTaskAsync(long taskNumber, string summary, long fencingNumber, CancellationToken stopping)
    {
        var answer = await client.CompleteChannelTaskAsync(
            new CompleteChannelTaskRequest { TenantId = options.TenantId, ChannelId = options.Consumer, FencingNumber = fencingNumber, TaskNumber = taskNumber, Summary = summary },
            deadline: clock.CallDeadline(), cancellationToken: stopping);
        Heard(answer.Channel);
        return answer.Channel;
    }

    private async Task RenewAsync(CancellationToken stopping)
    {
        var asked = clock.GetTimestamp();
        var answer = await client.AcquireChannelLeaseAsync(
            new AcquireChannelLeaseRequest
            {
                TenantId = options.TenantId,
                ChannelId = options.Consumer,
                Holder = _holder,
                Ttl = Duration.FromTimeSpan(options.LeaseTime),
            },
            deadline: Deadline(), cancellationToken: stopping);
        if (!answer.Held)
        {
            Lost();
            Heard(answer.Channel);
            connection.Up();
            return;
        }

        lock (_lock)
        {
            _held = true;
            _validUntil = asked + (long)(options.LeaseTime.TotalSeconds * clock.TimestampFrequency);
            _channel = answer.Channel;
            Tell();
        }
    }

    /// <summary>A third of the lease; or when another's ends, where nobody has renewed it: that one was killed.</summary>
    private TimeSpan NextRenewal()
    {
        var regular = options.LeaseTime / 3;
        if (HoldsFor(TimeSpan.Zero) || ChannelOrNull is not { Lease: { Holder.Length: > 0 } lease })
        {
            return regular;
        }

        var left = lease.ExpireTime.ToDateTimeOffset() - clock.GetUtcNow();
        return left >= regular ? regular : left > options.RetryDelay ? left : options.RetryDelay;
    }

    private void LoseWhatHasEnded()
    {
        if (!HoldsFor(TimeSpan.Zero))
        {
            Lost();
        }
    }

    private void Tell()
    {
        var news = _news;
        _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        news.SetResult();
    }

    private DateTime Deadline() => (clock.GetUtcNow() + CallLimit).UtcDateTime;

    [LoggerMessage(LogLevel.Warning, "The lease of channel {Channel} of tenant {TenantId} could not be renewed; trying again")]
    private partial void LogNotRenewed(Exception exception, string channel, string tenantId);

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} of tenant {TenantId} is not this instance's any more: it stands by")]
    private partial void LogLost(string channel, string tenantId);
}
