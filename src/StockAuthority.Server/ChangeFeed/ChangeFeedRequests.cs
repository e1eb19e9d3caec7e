using StockAuthority.ChangeFeed.V1;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>Checks requests of the feed; they are used as they came.</summary>
internal static class ChangeFeedRequests
{
    private const int StandardPageSize = 500;
    private const int MaximumPageSize = 1000;

    /// <summary>The page size.</summary>
    public static int Read(ReadChangesRequest request)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        fields.Sequence("after_sequence", request.AfterSequence);
        var pageSize = fields.PageSize(request.PageSize, StandardPageSize, MaximumPageSize);
        fields.ThrowIfAny();
        return pageSize;
    }

    public static void Check(WatchChangesRequest request)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        fields.Sequence("after_sequence", request.AfterSequence);
        fields.ThrowIfAny();
    }

    public static void Check(AcknowledgeChangesRequest request)
    {
        var fields = Consumer(request.TenantId, request.Consumer);
        fields.Sequence("sequence", request.Sequence);
        fields.ThrowIfAny();
    }

    public static void Check(GetCheckpointRequest request) => Consumer(request.TenantId, request.Consumer).ThrowIfAny();

    private static RequestFields Consumer(string tenantId, string consumer)
    {
        var fields = new RequestFields();
        fields.Tenant(tenantId);
        fields.Text("consumer", consumer);
        if (consumer == Availability.AvailabilityTail.Consumer)
        {
            fields.Add("consumer", "RESERVED_NAME", "is the authority's own");
        }

        return fields;
    }
}
