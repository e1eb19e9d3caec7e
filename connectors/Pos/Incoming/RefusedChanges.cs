using System.Text;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Operations.V1;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>
/// Tells people what could not be booked: one case for each item and place. Returns only once the authority has it, so a change is never put away without one.
/// </summary>
internal sealed partial class RefusedChanges(ExceptionService.ExceptionServiceClient client, ConnectorOptions connector, TimeProvider clock, ILogger<RefusedChanges> logger)
{
    private const int LongestText = 8192;
    private const int LongestSummary = 1024;
    private const int LongestReason = 128;

    public async Task ReportAsync(StoredChange stored, string reason, string detail, string request, CancellationToken cancellationToken)
    {
        var change = stored.Change;
        LogRefused(connector.Consumer, connector.TenantId, change.Id, reason);
        await client.ReportExceptionAsync(
            new ReportExceptionRequest
            {
                TenantId = connector.TenantId,
                Kind = ExceptionKind.ChannelChangeRefused,
                Channel = connector.Consumer,
                Reference = change.Reference,
                Reason = Shortened(reason, LongestReason),
                Evidence = new ExceptionEvidence
                {
                    Request = Shortened(request.Length > 0 ? request : Encoding.UTF8.GetString(stored.Body), LongestText),
                    Response = Shortened(detail, LongestText),
                    Summary = Shortened($"Change {change.Id} of {change.CatalogObjectId} at {change.LocationId} is not booked: {detail}", LongestSummary),
                    ObserveTime = Timestamp.FromDateTimeOffset(clock.GetUtcNow()),
                },
            },
            deadline: clock.CallDeadline(), cancellationToken: cancellationToken);
    }

    public async Task MendedAsync(TillChange change, CancellationToken cancellationToken) => await client.ReportExceptionMendedAsync(
        new ReportExceptionMendedRequest
        {
            TenantId = connector.TenantId,
            Kind = ExceptionKind.ChannelChangeRefused,
            Channel = connector.Consumer,
            Reference = change.Reference,
            ObserveTime = Timestamp.FromDateTimeOffset(clock.GetUtcNow()),
            Comment = "All that happened there is booked.",
        },
        deadline: clock.CallDeadline(), cancellationToken: cancellationToken);

    private static string Shortened(string text, int length) => text.Length <= length ? text : text[..length];

    [LoggerMessage(LogLevel.Error, "Change {ChangeId} of channel {Channel} of tenant {TenantId} cannot be booked: {Reason}")]
    private partial void LogRefused(string channel, string tenantId, string changeId, string reason);
}
