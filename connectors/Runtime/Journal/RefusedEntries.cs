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
            entry, refusal.Code, sent, FormattableString.Invariant($"{refusal.Status} {refusal.Code}: {refusal.Detail}"), $"{channel.Name} does not book {entry.Origin}: {refusal.Detail ?? refusal.Code}", stopping);
    }

    /// <summary>It is booked, and recorded as another document: one of the two is too many, or was made by hand.</summary>
    public Task ReportDifferingAsync(JournalEntry entry, PostedDocument document, string recorded, CancellationToken stopping) =>
        ReportAsync(entry, "POSTING_DIFFERS", document.DocumentId, recorded, $"{channel.Name} has {entry.Origin} as '{document.DocumentId}', and another document is recorded for it.", stopping);

    private async Task ReportAsync(JournalEntry entry, string reason, string? sent, string response, string summary, CancellationToken stopping)
    {
        var movement = (entry as JournalEntry.Goods)?.Movement;
        var intent = (entry as JournalEntry.Ledger)?.Intent;
        var request = new ReportExceptionRequest
        {
            TenantId = options.TenantId,
            Kind = ExceptionKind.PostingRefused,
            Channel = channel.Name,
            Sku = movement?.Sku ?? "",
            LocationId = movement?.LocationId ?? "",
            Reference = entry.Origin,
            Reason = Shortened(reason, 128),
            OrderRef = movement?.OrderRef ?? intent?.OrderRef ?? "",
            Evidence = new ExceptionEvidence
            {
                Request = Shortened(sent ?? movement?.ToString() ?? intent?.ToString() ?? "", 8192),
                Response = Shortened(response, 8192),
                Summary = Shortened(summary, 1024),
                ObserveTime = Timestamp.FromDateTimeOffset(clock.GetUtcNow()),
            },
        };
        for (var failures = 1; ; failures++)
        {
            try
            {
                await client.ReportExceptionAsync(request, deadline: clock.CallDeadline(), cancellationToken: stopping);
                return;
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.Unimplemented or StatusCode.InvalidArgument)
            {
                // An authority that keeps no cases, or cannot keep this one: the log has it.
                LogNotReported(error, entry.Origin, options.TenantId);
                return;
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                LogNotReported(exception, entry.Origin, options.TenantId);
                await Task.Delay(Backoff.After(failures, options.RetryDelay, options.MaxRetryDelay), clock, stopping);
            }
        }
    }

    private static string Shortened(string text, int length) => text.Length <= length ? text : text[..length];

    [LoggerMessage(LogLevel.Error, "Channel {Channel} refused {Origin} of tenant {TenantId}: {Status} {Code} {Field} {Detail}")]
    private partial void LogParked(string channel, string origin, string tenantId, int status, string code, string? field, string? detail);

    [LoggerMessage(LogLevel.Warning, "The refusal of {Origin} of tenant {TenantId} could not be reported")]
    private partial void LogNotReported(Exception exception, string origin, string tenantId);
}
