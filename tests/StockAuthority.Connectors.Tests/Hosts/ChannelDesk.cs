using Google.Protobuf.WellKnownTypes;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Operations.V1;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>One channel and its cases as the authority keeps them, in memory, with leases that expire.</summary>
internal sealed class ChannelDesk
{
    private readonly Lock _lock = new();
    private readonly List<ReportExceptionRequest> _cases = [];
    private readonly List<ReportExceptionMendedRequest> _mended = [];
    private readonly Dictionary<(ExceptionKind Kind, string Sku, string LocationId, string Reference), ExceptionCase> _open = [];
    private readonly List<ChannelHealth> _reports = [];
    private RegisteredChannel? _channel;

    public RegisteredChannel Channel => Locked(() => _channel!.Clone());

    public IReadOnlyList<ReportExceptionRequest> Cases => Locked(() => _cases.ToArray());

    public IReadOnlyList<ReportExceptionMendedRequest> Mended => Locked(() => _mended.ToArray());

    /// <summary>One for each kind, SKU, location and reference, until it is told to be mended.</summary>
    public IReadOnlyList<ExceptionCase> Open => Locked(() => _open.Values.Select(each => each.Clone()).ToArray());

    /// <summary>People ask for another try.</summary>
    public void AskAgain() => Locked(() =>
    {
        foreach (var each in _open.Values)
        {
            each.ReplayRequestTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow());
        }

        return true;
    });

    public IReadOnlyList<ChannelHealth> Reports => Locked(() => _reports.ToArray());

    public void Change(Action<RegisteredChannel> change) => Locked(() =>
    {
        change(_channel!);
        _channel!.Version++;
        return true;
    });

    public long Ask(ChannelTask task) => Locked(() =>
    {
        task.TaskNumber = (_channel!.Task?.TaskNumber ?? 0) + 1;
        _channel.Task = task;
        return task.TaskNumber;
    });

    public bool IsDone(long task) => Locked(() => _channel?.Task is { Done: true } done && done.TaskNumber == task);

    public RegisteredChannel Register(string channelId, ChannelDeclaration declaration) => Locked(() =>
    {
        _channel ??= new RegisteredChannel { ChannelId = channelId, Rollout = declaration.InitialRollout, Version = 1, Lease = new ChannelLease { ExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch) } };
        _channel.Declaration = declaration;
        return _channel.Clone();
    });

    public (bool Held, RegisteredChannel Channel) Acquire(string holder, TimeSpan ttl, bool release) => Locked(() =>
    {
        var lease = _channel!.Lease;
        var now = TimeProvider.System.GetUtcNow();
        if (release)
        {
            lease.Holder = lease.Holder == holder ? "" : lease.Holder;
            return (false, _channel.Clone());
        }

        if (lease.Holder.Length > 0 && lease.Holder != holder && lease.ExpireTime.ToDateTimeOffset() > now)
        {
            return (false, _channel.Clone());
        }

        lease.FencingNumber += lease.Holder == holder ? 0 : 1;
        lease.Holder = holder;
        lease.ExpireTime = Timestamp.FromDateTimeOffset(now + ttl);
        return (true, _channel.Clone());
    });

    public bool Works(long fencingNumber) => Locked(() => _channel?.Lease.FencingNumber == fencingNumber);

    public RegisteredChannel Report(ChannelHealth health) => Locked(() =>
    {
        _reports.Add(health);
        return _channel!.Clone();
    });

    public RegisteredChannel Complete(long task) => Locked(() =>
    {
        if (_channel!.Task?.TaskNumber == task)
        {
            _channel.Task.Done = true;
        }

        return _channel.Clone();
    });

    public void Add(ReportExceptionRequest request) => Locked(() =>
    {
        _cases.Add(request);
        _open[(request.Kind, request.Sku, request.LocationId, request.Reference)] = new ExceptionCase
        {
            CaseId = $"{request.Kind} {request.Sku} {request.LocationId} {request.Reference}",
            Kind = request.Kind,
            Reason = request.Reason,
            Channel = request.Channel,
            Sku = request.Sku,
            LocationId = request.LocationId,
            Reference = request.Reference,
        };
        return true;
    });

    public void Add(ReportExceptionMendedRequest request) => Locked(() =>
    {
        _mended.Add(request);
        _open.Remove((request.Kind, request.Sku, request.LocationId, request.Reference));
        return true;
    });

    private T Locked<T>(Func<T> read)
    {
        lock (_lock)
        {
            return read();
        }
    }
}
