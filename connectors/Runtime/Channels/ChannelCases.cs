using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.Operations.V1;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Channels;

/// <summary>
/// Tells the authority what people have to look at. What is not told yet keeps its sequence from being acknowledged, so a case is as
/// sure as a delivery. Bounded: when so many wait, deliveries wait too.
/// </summary>
internal sealed partial class ChannelCases(
    ExceptionService.ExceptionServiceClient client, ChannelName channel, ConnectorOptions options, TimeProvider clock, ILogger<ChannelCases> logger) : IDisposable
{
    private const int MostWaiting = 10_000;

    /// <summary>Says that a case is about the whole channel.</summary>
    private const string BlockedReference = "channel";
    private readonly Lock _lock = new();
    private readonly Queue<Report> _waiting = [];
    private readonly SemaphoreSlim _news = new(0);

    /// <summary>Nothing from here on may be acknowledged.</summary>
    public long FirstUntoldSequence
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count == 0 ? long.MaxValue : _waiting.Min(report => report.FirstSequence);
            }
        }
    }

    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count >= MostWaiting;
            }
        }
    }

    public void Refused(LevelChange change, Refusal refusal, long firstSequence) => Add(
        ExceptionKind.LevelRefused, change.Key, "", refusal.Code,
        FormattableString.Invariant($"available {change.Available}, version {change.Version}, sequence {change.Sequence}; request {refusal.RequestId}"),
        FormattableString.Invariant($"{refusal.Status} {refusal.Code} {refusal.Field} {refusal.Detail}; response {refusal.ResponseId}"),
        $"{channel.Value} refused {change.Key.Sku} at {change.Key.LocationId} for good.", clock.GetUtcNow(), firstSequence);

    public void Drifted(StockKey key, long expected, long? shown, long version) => Add(
        ExceptionKind.Drift, key, "", "DRIFT",
        FormattableString.Invariant($"expected {expected} at version {version}"),
        shown is { } units ? FormattableString.Invariant($"shows {units}") : "shows nothing",
        FormattableString.Invariant($"{channel.Value} shows {shown?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "nothing"} and not {expected} of {key.Sku} at {key.LocationId}."),
        clock.GetUtcNow(), long.MaxValue);

    /// <summary>Nothing gets through to the channel, and waiting does not help.</summary>
    public void Blocked(Refusal answer) => Add(
        ExceptionKind.DeliveryFailed, default, BlockedReference, answer.Code, FormattableString.Invariant($"request {answer.RequestId}"),
        FormattableString.Invariant($"{answer.Status} {answer.Code} {answer.Field} {answer.Detail}; response {answer.ResponseId}"),
        $"{channel.Value} takes nothing: {answer.Status} {answer.Code}.", clock.GetUtcNow(), long.MaxValue);

    /// <summary>Levels get through one push after another, and many at once do not.</summary>
    public void BulkFailed(string reference, Refusal answer) => Add(
        ExceptionKind.DeliveryFailed, default, reference, answer.Code, FormattableString.Invariant($"request {answer.RequestId}"),
        FormattableString.Invariant($"{answer.Status} {answer.Code} {answer.Field} {answer.Detail}; response {answer.ResponseId}"),
        $"{channel.Value} does not take many levels at once: {answer.Status} {answer.Code}. They go one after another.", clock.GetUtcNow(), long.MaxValue);

    public void Unblocked() => Mended(ExceptionKind.DeliveryFailed, default, "The channel takes levels.", BlockedReference);

    /// <summary>A subscriber of the channel does not take what it has to be told.</summary>
    public void Undelivered(string subscriber, StockKey key, string reason, string request, string response) => Add(
        ExceptionKind.DeliveryFailed, key, subscriber, reason, request, response, $"{subscriber} does not take what it is told: {reason}.", clock.GetUtcNow(), long.MaxValue);

    public void Mended(ExceptionKind kind, StockKey key, string comment, string reference = "") => Enqueue(new Report(
        null,
        new ReportExceptionMendedRequest
        {
            TenantId = options.TenantId,
            Kind = kind,
            Channel = options.Consumer,
            Sku = key.Sku ?? "",
            LocationId = key.LocationId ?? "",
            Reference = reference,
            ObserveTime = Timestamp.FromDateTimeOffset(clock.GetUtcNow()),
            Comment = comment,
        },
        long.MaxValue));

    /// <summary>Movements that will never be in the channel, or cannot be until people do something about it.</summary>
    public void NotForwarded(StockKey key, string reference, string reason, string request, string response, string summary, long firstSequence) => Add(
        ExceptionKind.DeliveryFailed, key, reference, reason, request, response, summary, clock.GetUtcNow(), firstSequence);

    public void CheckpointFailed(string step, string reason, DateTimeOffset at) => Add(
        ExceptionKind.RolloutCheckpointFailed, default, step, "CHECKPOINT_FAILED", "", "", reason, at, long.MaxValue);

    public async Task RunAsync(CancellationToken stopping)
    {
        for (var failures = 0; ;)
        {
            await _news.WaitAsync(stopping);
            Report report;
            lock (_lock)
            {
                report = _waiting.Peek();
            }

            while (!await TryTellAsync(report, stopping))
            {
                await Task.Delay(Backoff.After(++failures, options.RetryDelay, options.MaxRetryDelay), clock, stopping);
            }

            failures = 0;
            lock (_lock)
            {
                _waiting.Dequeue();
            }

            Told?.Invoke();
        }
    }

    public void Dispose() => _news.Dispose();

    /// <summary>After each report that the authority has taken.</summary>
    public Action? Told { get; set; }

    private async Task<bool> TryTellAsync(Report report, CancellationToken stopping)
    {
        try
        {
            var deadline = clock.CallDeadline();
            if (report.Request is { } request)
            {
                await client.ReportExceptionAsync(request, deadline: deadline, cancellationToken: stopping);
            }
            else
            {
                await client.ReportExceptionMendedAsync(report.Mended, deadline: deadline, cancellationToken: stopping);
            }

            return true;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.InvalidArgument)
        {
            // Repeating cannot help, and nobody else can be told; the log has it, and so has the alert on this error.
            LogNotTaken(exception, report.Kind, report.Sku, options.TenantId);
            return true;
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            LogNotTold(exception, report.Kind, report.Sku, options.TenantId);
            return false;
        }
    }

    private void Add(
        ExceptionKind kind, StockKey key, string reference, string reason, string request, string response, string summary, DateTimeOffset at, long firstSequence) => Enqueue(new Report(
            new ReportExceptionRequest
            {
                TenantId = options.TenantId,
                Kind = kind,
                Channel = options.Consumer,
                Sku = key.Sku ?? "",
                LocationId = key.LocationId ?? "",
                Reference = reference,
                Reason = reason,
                Evidence = new ExceptionEvidence { Request = request, Response = response, Summary = summary, ObserveTime = Timestamp.FromDateTimeOffset(at) },
            },
            null,
            firstSequence));

    private void Enqueue(Report report)
    {
        lock (_lock)
        {
            _waiting.Enqueue(report);
        }

        _news.Release();
    }

    private sealed record Report(ReportExceptionRequest? Request, ReportExceptionMendedRequest? Mended, long FirstSequence)
    {
        public ExceptionKind Kind => Request?.Kind ?? Mended!.Kind;

        public string Sku => Request?.Sku ?? Mended!.Sku;
    }

    [LoggerMessage(LogLevel.Warning, "A case of {Kind} (SKU {Sku} of tenant {TenantId}) could not be reported; trying again")]
    private partial void LogNotTold(Exception exception, ExceptionKind kind, string sku, string tenantId);

    [LoggerMessage(LogLevel.Error, "A case of {Kind} (SKU {Sku} of tenant {TenantId}) was not taken")]
    private partial void LogNotTaken(Exception exception, ExceptionKind kind, string sku, string tenantId);
}
