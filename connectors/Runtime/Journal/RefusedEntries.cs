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
            entry.Origin, entry, refusal.Code, sent, FormattableString.Invariant($"{refusal.Status} {refusal.Code}: {refusal.Detail}"), $"{channel.Name} does not book {entry.Origin}: {refusal.Detail ?? refusal.Code}", stopping);
    }

    /// <summary>It is booked, and recorded as another document: one of the two is too many, or was made by hand.</summary>
    public Task ReportDifferingAsync(JournalEntry entry, PostedDocument document, string recorded, CancellationToken stopping) =>
        ReportAsync(entry.Origin, entry, "POSTING_DIFFERS", document.DocumentId, recorded, $"{channel.Name} has {entry.Origin} as '{document.DocumentId}', and another document is recorded for it.", stopping);

    /// <summary>It is booked, and the authority does not know what for: it was restored from a backup that is older than the entry.</summary>
    public Task ReportUnknownAsync(JournalEntry entry, PostedDocument document, string answer, CancellationToken stopping) =>
        ReportAsync(entry.Origin, entry, "UNKNOWN_ORIGIN", document.DocumentId, answer, $"{channel.Name} has {entry.Origin} as '{document.DocumentId}', and the authority has no such entry.", stopping);

    /// <summary>Movements that nobody can read any more: they will not be booked, and nobody can say which of them should be.</summary>
    public Task ReportDetachedAsync(long after, long upTo, CancellationToken stopping)
    {
        metrics.Refused("SEQUENCE_DETACHED");
        LogDetached(channel.Name, options.TenantId, after, upTo);
        return ReportAsync(
            string.Create(CultureInfo.InvariantCulture, $"movements/{after + 1}-{upTo}"), null, "SEQUENCE_DETACHED", null, "",
            string.Create(CultureInfo.InvariantCulture, $"{channel.Name} does not book the movements {after + 1} to {upTo}: they were detached from the journal before they were read."), stopping);
    }

    /// <summary>It was refused once and is booked now: its case, where there is one, is closed.</summary>
    public Task MendedAsync(JournalEntry entry, CancellationToken stopping)
    {
        var movement = (entry as JournalEntry.Goods)?.Movement;
        return MendedAsync(entry.Origin, movement?.Sku ?? "", movement?.LocationId ?? "", $"{channel.Name} has booked it.", clock.GetUtcNow(), stopping);
    }

    /// <summary>What a case is about is as it should be.</summary>
    public Task MendedAsync(ExceptionCase refused, string comment, DateTimeOffset observedAt, CancellationToken stopping) =>
        MendedAsync(refused.Reference, refused.Sku, refused.LocationId, comment, observedAt, stopping);

    /// <summary>A case stays open, and what was asked for on it is answered.</summary>
    public Task ReportAgainAsync(ExceptionCase refused, string reason, string summary, CancellationToken stopping) =>
        ReportAsync(refused.Reference, refused.Sku, refused.LocationId, refused.OrderRef, reason, "", "", summary, stopping);

    private Task ReportAsync(string reference, JournalEntry? entry, string reason, string? sent, string response, string summary, CancellationToken stopping)
    {
        var movement = (entry as JournalEntry.Goods)?.Movement;
        var intent = (entry as JournalEntry.Ledger)?.Intent;
        return ReportAsync(
            reference, movement?.Sku ?? "", movement?.LocationId ?? "", movement?.OrderRef ?? intent?.OrderRef ?? "", reason, sent ?? movement?.ToString() ?? intent?.ToString() ?? "", response, summary, stopping);
    }

    private Task ReportAsync(string reference, string sku, string locationId, string orderRef, string reason, string sent, string response, string summary, CancellationToken stopping)
    {
        var request = new ReportExceptionRequest
        {
            TenantId = options.TenantId,
            Kind = ExceptionKind.PostingRefused,
            Channel = channel.Name,
            Sku = sku,
            LocationId = locationId,
            Reference = reference,
            Reason = Shortened(reason, 128),
            OrderRef = orderRef,
            Evidence = new ExceptionEvidence
            {
                Request = Shortened(sent, 8192),
                Response = Shortened(response, 8192),
                Summary = Shortened(summary, 1024),
                ObserveTime = Timestamp.FromDateTimeOffset(clock.GetUtcNow()),
            },
        };
        return TellAsync(reference, by => client.ReportExceptionAsync(request, deadline: by, cancellationToken: stopping).ResponseAsync, stopping);
    }

    private Task MendedAsync(string reference, string sku, string locationId, string comment, DateTimeOffset observedAt, CancellationToken stopping)
    {
        var request = new ReportExceptionMendedRequest
        {
            TenantId = options.TenantId,
            Kind = ExceptionKind.PostingRefused,
            Channel = channel.Name,
            Sku = sku,
            LocationId = locationId,
            Reference = reference,
            ObserveTime = Timestamp.FromDateTimeOffset(observedAt),
            Comment = comment,
        };
        return TellAsync(reference, by => client.ReportExceptionMendedAsync(request, deadline: by, cancellationToken: stopping).ResponseAsync, stopping);
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

    private static string Shortened(string text, int length) => text.Length <= length ? text : text[..length];

    [LoggerMessage(LogLevel.Error, "Channel {Channel} refused {Origin} of tenant {TenantId}: {Status} {Code} {Field} {Detail}")]
    private partial void LogParked(string channel, string origin, string tenantId, int status, string code, string? field, string? detail);

    [LoggerMessage(LogLevel.Error, "Channel {Channel} of tenant {TenantId} was at sequence {Sequence}, and the journal up to {DetachedUpTo} is detached: what is between is not booked")]
    private partial void LogDetached(string channel, string tenantId, long sequence, long detachedUpTo);

    [LoggerMessage(LogLevel.Warning, "The refusal of {Origin} of tenant {TenantId} could not be reported")]
    private partial void LogNotReported(Exception exception, string origin, string tenantId);
}
