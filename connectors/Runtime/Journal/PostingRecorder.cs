using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>Tells the authority under which documents entries were booked; only then they may be acknowledged.</summary>
internal sealed partial class PostingRecorder(
    PostingService.PostingServiceClient client, IJournalChannel channel, RefusedEntries refused, ConnectorOptions options, JournalMetrics metrics, TimeProvider clock, ILogger<PostingRecorder> logger)
{
    private const int CallsAtOnce = 16;

    public Task RecordAsync(IReadOnlyList<JournalEntry> entries, IReadOnlyDictionary<string, PostedDocument> documents, CancellationToken stopping) =>
        Parallel.ForEachAsync(
            entries,
            new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce, CancellationToken = stopping },
            async (entry, cancellation) => await RecordAsync(entry, documents[entry.Origin], cancellation));

    private async Task RecordAsync(JournalEntry entry, PostedDocument document, CancellationToken stopping)
    {
        var request = new RecordPostingRequest
        {
            TenantId = options.TenantId,
            Posting = new Posting
            {
                Origin = entry.Origin,
                System = channel.Name,
                DocumentId = document.DocumentId,
                PostTime = Timestamp.FromDateTimeOffset(document.PostedAt),
                Amount = (entry as JournalEntry.Ledger)?.Intent.Amount,
                Quantities = { Quantities(entry) },
            },
        };
        for (var failures = 1; ; failures++)
        {
            try
            {
                await client.RecordPostingAsync(request, deadline: clock.CallDeadline(), cancellationToken: stopping);
                return;
            }
            catch (RpcException refusal) when (refusal.StatusCode == StatusCode.AlreadyExists)
            {
                // Two documents for one origin: what is recorded stays, and somebody has to look at it.
                metrics.Differing();
                LogDiffers(refusal, channel.Name, entry.Origin, document.DocumentId, options.TenantId);
                await refused.ReportDifferingAsync(entry, document, refusal.Status.Detail, stopping);
                return;
            }
            catch (RpcException refusal) when (refusal.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason == "UNKNOWN_ORIGIN")
            {
                metrics.Differing();
                LogUnknown(refusal, channel.Name, entry.Origin, document.DocumentId, options.TenantId);
                await refused.ReportUnknownAsync(entry, document, refusal.Status.Detail, stopping);
                return;
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                LogNotRecorded(exception, entry.Origin, options.TenantId);
                await Task.Delay(Backoff.After(failures, options.RetryDelay, options.MaxRetryDelay), clock, stopping);
            }
        }
    }

    private static IEnumerable<StockLine> Quantities(JournalEntry entry) => entry is JournalEntry.Goods { Movement: var movement }
        ? [new StockLine { Sku = movement.Sku, LocationId = movement.LocationId, Quantity = movement.Quantity }]
        : [];

    [LoggerMessage(LogLevel.Error, "Channel {Channel} has {Origin} of tenant {TenantId} as document {DocumentId}, and another one is recorded for it")]
    private partial void LogDiffers(Exception exception, string channel, string origin, string documentId, string tenantId);

    [LoggerMessage(LogLevel.Error, "Channel {Channel} has {Origin} as document {DocumentId}, and tenant {TenantId} has no such entry")]
    private partial void LogUnknown(Exception exception, string channel, string origin, string documentId, string tenantId);

    [LoggerMessage(LogLevel.Warning, "The posting of {Origin} of tenant {TenantId} could not be recorded; trying again")]
    private partial void LogNotRecorded(Exception exception, string origin, string tenantId);
}
