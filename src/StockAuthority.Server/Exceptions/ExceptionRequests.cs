using Google.Protobuf.WellKnownTypes;
using StockAuthority.Operations.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Exceptions;

/// <summary>Checks requests that change cases; each throws with everything that is wrong.</summary>
internal static class ExceptionRequests
{
    public const int MaximumReplays = 100;

    private const int MaximumCommentLength = 2048;
    private const int MaximumTextLength = 8192;
    private const int MaximumSummaryLength = 1024;
    private const ExceptionKind FirstReported = ExceptionKind.LevelRefused;

    /// <summary>How far a reporter's clock may be ahead: what it sees later would count for less than what it saw with a wrong clock.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    public static void Check(AssignExceptionRequest request)
    {
        var fields = Mutation(request.TenantId, request.IdempotencyKey, request.CaseId);
        Version(fields, request.Version);
        fields.Optional("assignee", request.Assignee);
        fields.Optional("owner_lane", request.OwnerLane);
        fields.Optional("comment", request.Comment, MaximumCommentLength);
        fields.ThrowIfAny();
    }

    public static void Check(CommentExceptionRequest request)
    {
        var fields = Mutation(request.TenantId, request.IdempotencyKey, request.CaseId);
        fields.Text("comment", request.Comment, MaximumCommentLength);
        fields.ThrowIfAny();
    }

    public static void Check(ResolveExceptionRequest request)
    {
        var fields = Mutation(request.TenantId, request.IdempotencyKey, request.CaseId);
        Version(fields, request.Version);
        fields.Text("comment", request.Comment, MaximumCommentLength);
        if (request.Disposition == ExceptionDisposition.Unspecified)
        {
            fields.Add("disposition", "MISSING_FIELD", "is required");
        }
        else if (fields.Known("disposition", request.Disposition)
            && request.Disposition is ExceptionDisposition.MendedByEvent or ExceptionDisposition.MendedByReporter)
        {
            fields.Add("disposition", "OUT_OF_RANGE", "is one that people cannot give");
        }

        fields.ThrowIfAny();
    }

    /// <summary>Null where cases are named.</summary>
    public static CaseFilter? Read(ReplayExceptionsRequest request)
    {
        var fields = new RequestFields();
        StockRequests.Mutation(fields, request.TenantId, request.IdempotencyKey);
        fields.Optional("comment", request.Comment, MaximumCommentLength);
        if (request.CaseIds.Count == 0 && request.Filter is null)
        {
            fields.Add("case_ids", "MISSING_FIELD", "or filter is required");
        }

        if (request.CaseIds.Count > 0 && request.Filter is not null)
        {
            fields.Add("filter", "CONFLICTING_FIELDS", "and case_ids are given; only one may be");
        }

        if (request.CaseIds.Count > MaximumReplays)
        {
            fields.Add("case_ids", "TOO_MANY_ENTRIES", $"has {request.CaseIds.Count} entries; at most {MaximumReplays} are allowed");
        }

        foreach (var caseId in request.CaseIds.Take(MaximumReplays))
        {
            fields.Text("case_ids", caseId);
        }

        var filter = request.Filter is null
            ? null
            : CaseFilter.Of(fields, "filter.", request.TenantId, CaseFilter.Place(fields, request.PageToken), MaximumReplays, request.Filter);
        fields.ThrowIfAny();
        return filter;
    }

    public static void Check(ReportExceptionRequest request, DateTimeOffset now)
    {
        var fields = new RequestFields();
        Reported(fields, request.TenantId, request.Kind, request.Channel, request.Sku, request.LocationId, request.Reference);
        fields.Text("reason", request.Reason);
        fields.Optional("order_ref", request.OrderRef);
        Observed(fields, "evidence.observe_time", request.Evidence?.ObserveTime, now);
        fields.ThrowIfAny();
    }

    public static void Check(ReportExceptionMendedRequest request, DateTimeOffset now)
    {
        var fields = new RequestFields();
        Reported(fields, request.TenantId, request.Kind, request.Channel, request.Sku, request.LocationId, request.Reference);
        fields.Optional("comment", request.Comment, MaximumCommentLength);
        Observed(fields, "observe_time", request.ObserveTime, now);
        fields.ThrowIfAny();
    }

    /// <summary>The evidence with its texts cut to their bounds, never inside a character.</summary>
    public static ExceptionEvidence Bounded(ExceptionEvidence evidence) => new()
    {
        Request = Cut(evidence.Request, MaximumTextLength),
        Response = Cut(evidence.Response, MaximumTextLength),
        Summary = Cut(evidence.Summary, MaximumSummaryLength),
        ObserveTime = evidence.ObserveTime,
    };

    private static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private static RequestFields Mutation(string tenantId, string key, string caseId)
    {
        var fields = new RequestFields();
        StockRequests.Mutation(fields, tenantId, key);
        fields.Text("case_id", caseId);
        return fields;
    }

    private static void Version(RequestFields fields, long version)
    {
        if (version <= 0)
        {
            fields.Add("version", version == 0 ? "MISSING_FIELD" : "OUT_OF_RANGE", version == 0 ? "is required" : "must be above zero");
        }
    }

    private static void Reported(RequestFields fields, string tenantId, ExceptionKind kind, string channel, string sku, string locationId, string reference)
    {
        fields.Tenant(tenantId);
        if (kind == ExceptionKind.Unspecified)
        {
            fields.Add("kind", "MISSING_FIELD", "is required");
        }
        else if (fields.Known("kind", kind) && kind < FirstReported)
        {
            fields.Add("kind", "OUT_OF_RANGE", "is one that the authority finds itself");
        }

        fields.Text("channel", channel);
        fields.Optional("sku", sku);
        fields.Optional("location_id", locationId);
        fields.Optional("reference", reference);
    }

    private static void Observed(RequestFields fields, string field, Timestamp? observed, DateTimeOffset now)
    {
        if (observed is null)
        {
            fields.Add(field, "MISSING_FIELD", "is required");
        }
        else if (fields.Time(field, observed) > now + ClockTolerance)
        {
            fields.Add(field, "OUT_OF_RANGE", "is more than 5 minutes ahead of the server's clock");
        }
    }
}
