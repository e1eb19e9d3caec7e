using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.Operations.V1;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>
/// Where an entry ends that the channel refused for good: a case for people, and the delivery goes on without it. It is
/// acknowledged only once the case is there, so it cannot be forgotten.
/// </summary>
internal sealed partial class RefusedEntries(
    ExceptionService.ExceptionServiceClient client, IJournalChannel channel, ConnectorOptions options, JournalMetrics metrics, TimeProvider clock, ILogger<RefusedEntries> logger)
{
    public Task ParkAsync(JournalEntry entry, Refusal refusal, string? sent, CancellationToken stopping)
    {
        metrics.Refused(refusal.Code);
        LogParked(channel.Name, entry.Origin, options.TenantId, refusal.Status, refusal.Code, refusal.Field, refusal.Detail);
        return ReportAsync(
            Subject.Of(entry), refusal.Code, sent ?? Shown(entry), FormattableString.Invariant($"{refusal.Status} {refusal.Code}: {refusal.Detail}"), $"{channel.Name} does not book {entry.Origin}: {refusal.Detail ?? refusal.Code}", stopping);
    }

    /// <summary>It is booked, and recorded as another document: one of the two is too many, or was made by hand.</summary>
    public Task ReportDifferingAsync(JournalEntry entry, PostedDocument document, string recorded, CancellationToken stopping) =>
        ReportAsync(Subject.Of(entry), "POSTING_DIFFERS", document.DocumentId, recorded, $"{channel.Name} has {entry.Origin} as '{document.DocumentId}', and another document is recorded for it.", stopping);

    /// <summary>It is booked, and the authority does not know what for: it was restored from a backup that is older than the entry.</summary>
    public Task ReportUnknownAsync(JournalEntry entry, PostedDocument document, string answer, CancellationToken stopping) =>
        ReportAsync(Subject.Of(entry), "UNKNOWN_ORIGIN", document.DocumentId, answer, $"{channel.Name} has {entry.Origin} as '{document.DocumentId}', and the authority has no such entry.", stopping);

    /// <summary>Movements that nobody can read any more: they will not be booked, and nobody can say which of them should be.</summary>
    public Task ReportDetachedAsync(long after, long upTo, CancellationToken stopping)
    {
        metrics.Refused("SEQUENCE_DETACHED");
        LogDetached(channel.Name, options.TenantId, after, upTo);
        return ReportAsync(
            new Subject(string.Create(CultureInfo.InvariantCulture, $"movements/{after + 1}-{upTo}")), "SEQUENCE_DETACHED", "", "",
            string.Create(CultureInfo.InvariantCulture, $"{channel.Name} does not book the movements {after + 1} to {upTo}: they were detached from the journal before they were read."), stopping);
    }

    /// <summary>It was refused once and is booked now: its case, where there is one, is closed.</summary>
    public Task MendedAsync(JournalEntry entry, CancellationToken stopping) => MendedAsync(Subject.Of(entry), $"{channel.Name} has booked it.", clock.GetUtcNow(), stopping);

    /// <summary>What a case is about is as it should be.</summary>
    public Task MendedAsync(ExceptionCase refused, string comment, DateTimeOffset observedAt, CancellationToken stopping) => MendedAsync(Subject.Of(refused), comment, observedAt, stopping);

    /// <summary>A case stays open, and what was asked for on it is answered.</summary>
    public Task ReportAgainAsync(ExceptionCase refused, string reason, string summary, CancellationToken stopping) => ReportAsync(Subject.Of(refused), reason, "", "", summary, stopping);

    private Task ReportAsync(Subject subject, string reason, string sent, string response, string summary, CancellationToken stopping)
    {
        var request = new ReportExceptionRequest
        {
            TenantId = options.TenantId,
            Kind = ExceptionKind.PostingRefused,
            Channel = channel.Name,
            Sku = subject.Sku,
            LocationId = subject.LocationId,
            Reference = subject.Reference,
            Reason = Shortened(reason, 128),
            OrderRef = subject.OrderRef,
            Evidence = new ExceptionEvidence
            {
                Request = Shortened(sent, 8192),
                Response = Shortened(response, 8192),
                Summary = Shortened(summary, 1024),
                ObserveTime = Timestamp.FromDateTimeOffset(clock.GetUtcNow()),
            },
        };
        return TellAsync(subject.Reference, by => client.ReportExceptionAsync(request, deadline: by, cancellationToken: stopping).ResponseAsync, stopping);
    }

    private Task MendedAsync(Subject subject, string comment, DateTimeOffset observedAt, CancellationToken stopping)
    {
        var request = new ReportExceptionMendedRequest
        {
            TenantId = options.TenantId,
            Kind = ExceptionKind.PostingRefused,
            Channel = channel.Name,
            Sku = subject.Sku,
            LocationId = subject.LocationId,
            Reference = subject.Reference,
            ObserveTime = Timestamp.FromDateTimeOffset(observedAt),
            Comment = comment,
        };
        return TellAsync(subject.Reference, by => client.ReportExceptionMendedAsync(request, deadline: by, cancellationToken: stopping).ResponseAsync, stopping);
    }

    private async Task TellAsync(string reference, Func<DateTime, Task> tell, CancellationToken stopping)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                await tell(clock.CallDeadline());
                return;
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.Unimplemented or StatusCode.InvalidArgument)
            {
                // An authority that keeps no cases, or cannot keep this one: the log has it.
                LogNotReported(error, reference, options.TenantId);
                return;
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                LogNotReported(exception, reference, options.TenantId);
                await Task.Delay(Backoff.After(failures, options.RetryDelay, options.MaxRetryDelay), clock, stopping);
            }
        }
    }

    private static string Shown(JournalEntry entry) => entry switch
    {
        JournalEntry.Goods goods => goods.Movement.ToString(),
        JournalEntry.Ledger ledger => ledger.Intent.ToString(),
        _ => "",
    };

    private static string Shortened(string text, int length) => text.Length <= length ? text : text[..length];

    [LoggerMessage(LogLevel.Error, "Channel {Channel} refused {Origin} of tenant {TenantId}: {Status} {Code} {Field} {Detail}")]
    private partial void LogParked(string channel, string origin, string tenantId, int status, string code, string? field, string? detail);

    [LoggerMessage(LogLevel.Error, "Channel {Channel} of tenant {TenantId} was at sequence {Sequence}, and the journal up to {DetachedUpTo} is detached: what is between is not booked")]
    private partial void LogDetached(string channel, string tenantId, long sequence, long detachedUpTo);

    [LoggerMessage(LogLevel.Warning, "The refusal of {Origin} of tenant {TenantId} could not be reported")]
    private partial void LogNotReported(Exception exception, string origin, string tenantId);

    /// <summary>What a case is about.</summary>
    private sealed record Subject(string Reference, string Sku = "", string LocationId = "", string OrderRef = "")
    {
        public static Subject Of(JournalEntry entry) => entry switch
        {
            JournalEntry.Goods { Movement: var movement } => new(entry.Origin, movement.Sku, movement.LocationId, movement.OrderRef),
            JournalEntry.Ledger { Intent: var intent } => new(entry.Origin, OrderRef: intent.OrderRef),
            _ => new(entry.Origin),
        };

        public static Subject Of(ExceptionCase refused) => new(refused.Reference, refused.Sku, refused.LocationId, refused.OrderRef);
    }
}
