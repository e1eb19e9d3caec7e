using Npgsql;
using StockAuthority.Operations.V1;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Exceptions;

/// <summary>Which cases of a tenant are asked for, and where the list goes on. What is null does not filter.</summary>
internal sealed record CaseFilter(string TenantId, CasePlace After, int PageSize)
{
    /// <summary>How many cases one page may look at.</summary>
    private const int MaximumScan = 5_000;

    private const int StandardPageSize = 100;
    private const int MaximumPageSize = 500;

    public ExceptionStatus Status { get; private init; }

    public ExceptionKind Kind { get; private init; }

    public string? OwnerLane { get; private init; }

    public string? Assignee { get; private init; }

    public string? OrderRef { get; private init; }

    public string? Channel { get; private init; }

    public DateTimeOffset? DueBefore { get; private init; }

    public bool ReplayRequested { get; private init; }

    public static CaseFilter Read(ListExceptionsRequest request)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        fields.Known("status", request.Status);
        var filter = Of(
            fields,
            "",
            request.TenantId,
            Place(fields, request.PageToken),
            fields.PageSize(request.PageSize, StandardPageSize, MaximumPageSize),
            new ExceptionFilter
            {
                Kind = request.Kind,
                OwnerLane = request.OwnerLane,
                Assignee = request.Assignee,
                OrderRef = request.OrderRef,
                Channel = request.Channel,
                DueBefore = request.DueBefore,
            }) with
        {
            Status = request.Status,
            ReplayRequested = request.ReplayRequested,
        };
        fields.ThrowIfAny();
        return filter;
    }

    public static CaseFilter Of(RequestFields fields, string prefix, string tenantId, CasePlace after, int pageSize, ExceptionFilter filter)
    {
        fields.Known(prefix + "kind", filter.Kind);
        return new CaseFilter(tenantId, after, pageSize)
        {
            Kind = filter.Kind,
            OwnerLane = fields.Optional(prefix + "owner_lane", filter.OwnerLane),
            Assignee = fields.Optional(prefix + "assignee", filter.Assignee),
            OrderRef = fields.Optional(prefix + "order_ref", filter.OrderRef),
            Channel = fields.Optional(prefix + "channel", filter.Channel),
            DueBefore = fields.Time(prefix + "due_before", filter.DueBefore),
        };
    }

    public static CasePlace Place(RequestFields fields, string token) => fields.PageToken(token, CasePlace.Parse) ?? CasePlace.Start;

    /// <summary>One page, and where the next begins; null on the last.</summary>
    public async Task<(List<ExceptionCase> Cases, string NextPageToken)> ReadAsync(NpgsqlDataSource reads, CancellationToken cancellationToken)
    {
        await using var command = reads.CreateCommand(
            OrderRef is not null ? CaseReads.ListOfOrderSql : Status is ExceptionStatus.Unspecified or ExceptionStatus.Open or ExceptionStatus.Assigned ? CaseReads.ListOpenSql : CaseReads.ListSql);
        command.Parameters.Add(Sql.Text(TenantId));
        command.Parameters.Add(Sql.Time(After.DueAt));
        command.Parameters.Add(Sql.Text(After.CaseId));
        command.Parameters.Add(Sql.Number(MaximumScan));
        command.Parameters.Add(Sql.Number(PageSize));
        command.Parameters.Add(Sql.Number((long)Status));
        command.Parameters.Add(Sql.Number((long)Kind));
        command.Parameters.Add(Sql.OptionalText(OwnerLane));
        command.Parameters.Add(Sql.OptionalText(Assignee));
        command.Parameters.Add(Sql.OptionalText(Channel));
        command.Parameters.Add(Sql.OptionalTime(DueBefore));
        command.Parameters.Add(Sql.Flag(ReplayRequested));
        if (OrderRef is not null)
        {
            command.Parameters.Add(Sql.Text(OrderRef));
        }

        List<ExceptionCase> cases = [];
        CasePlace? end = null, last = null;
        long scanned = 0;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            scanned = reader.GetInt64(0);
            end = new CasePlace(reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2));
            if (!reader.IsDBNull(3))
            {
                var found = ExceptionCaseRow.Read(reader, 3);
                cases.Add(found);
                last = new CasePlace(found.DueTime.ToDateTimeOffset(), found.CaseId);
            }
        }

        // A full page goes on after its last case; one that the scan's bound ended, after that bound.
        var reached = cases.Count == PageSize ? last : end;
        return (cases, reached is not null && (scanned == MaximumScan || reached != end) ? reached.ToString() : "");
    }
}
