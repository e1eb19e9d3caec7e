using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Exceptions;

/// <summary>Exception cases over gRPC.</summary>
internal sealed class ExceptionGrpcService(
    ExceptionChanges changes,
    ExceptionReplays replays,
    ExceptionReports reports,
    [FromKeyedServices(DataSources.Reads)] NpgsqlDataSource reads) : ExceptionService.ExceptionServiceBase
{
    private const int MaximumEntries = 500;

    public override async Task<ListExceptionsResponse> ListExceptions(ListExceptionsRequest request, ServerCallContext context)
    {
        // Who reports about a channel sees what was reported about one, and nothing of payments or orders.
        if (Caller.Of(context) is { } caller && !caller.Scopes.Contains(Scope.OperationsRead) && (request.Channel.Length == 0 || request.Kind < ExceptionKind.LevelRefused))
        {
            throw Scope.Missing(Scope.OperationsRead).ToRpcException();
        }

        var (cases, next) = await CaseFilter.Read(request).ReadAsync(reads, context.CancellationToken);
        return new ListExceptionsResponse { Exceptions = { cases }, NextPageToken = next };
    }

    public override async Task<GetExceptionResponse> GetException(GetExceptionRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        fields.Text("case_id", request.CaseId);
        fields.ThrowIfAny();
        var details = await DetailsAsync(request, context.CancellationToken);
        details.Event = await EventAsync(request.TenantId, details.ExceptionCase, context.CancellationToken);
        await AddHistoryAsync(request, details, context.CancellationToken);
        return new GetExceptionResponse { ExceptionDetails = details };
    }

    public override Task<AssignExceptionResponse> AssignException(AssignExceptionRequest request, ServerCallContext context)
    {
        ExceptionRequests.Check(request);
        return changes.AssignAsync(request, context).ReadAsync<AssignExceptionResponse>(context);
    }

    public override Task<CommentExceptionResponse> CommentException(CommentExceptionRequest request, ServerCallContext context)
    {
        ExceptionRequests.Check(request);
        return changes.CommentAsync(request, context).ReadAsync<CommentExceptionResponse>(context);
    }

    public override Task<ResolveExceptionResponse> ResolveException(ResolveExceptionRequest request, ServerCallContext context)
    {
        ExceptionRequests.Check(request);
        return changes.ResolveAsync(request, context).ReadAsync<ResolveExceptionResponse>(context);
    }

    public override Task<ReplayExceptionsResponse> ReplayExceptions(ReplayExceptionsRequest request, ServerCallContext context) =>
        replays.ReplayAsync(request, ExceptionRequests.Read(request), Caller.Of(context)?.Subject, context.CancellationToken)
            .ReadAsync<ReplayExceptionsResponse>(context);

    public override Task<ReportExceptionResponse> ReportException(ReportExceptionRequest request, ServerCallContext context) =>
        reports.ReportAsync(request, context);

    public override Task<ReportExceptionMendedResponse> ReportExceptionMended(ReportExceptionMendedRequest request, ServerCallContext context) =>
        reports.MendedAsync(request, context);

    private async Task<ExceptionDetails> DetailsAsync(GetExceptionRequest request, CancellationToken cancellationToken)
    {
        await using var command = reads.CreateCommand(CaseReads.GetSql);
        command.Parameters.Add(Sql.Text(request.CaseId));
        command.Parameters.Add(Sql.Text(request.TenantId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            throw ExceptionChanges.NotFound(request.CaseId).ToRpcException();
        }

        var details = ExceptionDetails.Parser.ParseFrom(reader.GetFieldValue<byte[]>(ExceptionCaseRow.Count));
        details.ExceptionCase = ExceptionCaseRow.Read(reader);
        details.Evidence = reader.IsDBNull(ExceptionCaseRow.Count + 1) ? null : ExceptionEvidence.Parser.ParseFrom(reader.GetFieldValue<byte[]>(ExceptionCaseRow.Count + 1));
        return details;
    }

    private async Task<PaymentEvent?> EventAsync(string tenantId, ExceptionCase about, CancellationToken cancellationToken)
    {
        if (about.ProviderEventId.Length == 0)
        {
            return null;
        }

        await using var command = reads.CreateCommand(CaseReads.EventSql);
        command.Parameters.Add(Sql.Text(about.ProviderEventId));
        command.Parameters.Add(Sql.Text(about.Account));
        command.Parameters.Add(Sql.Text(about.Provider));
        command.Parameters.Add(Sql.Text(tenantId));
        return await command.ExecuteScalarAsync(cancellationToken) is byte[] stored ? ApplyPaymentEventRequest.Parser.ParseFrom(stored).Event : null;
    }

    private async Task AddHistoryAsync(GetExceptionRequest request, ExceptionDetails details, CancellationToken cancellationToken)
    {
        await using var command = reads.CreateCommand(CaseReads.HistorySql);
        command.Parameters.Add(Sql.Text(request.CaseId));
        command.Parameters.Add(Sql.Text(request.TenantId));
        command.Parameters.Add(Sql.Number(MaximumEntries));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            details.History.Add(new ExceptionEntry
            {
                EntryNumber = reader.GetInt64(0),
                Action = (ExceptionAction)reader.GetInt16(1),
                Actor = reader.IsDBNull(2) ? "" : reader.GetString(2),
                EntryTime = reader.GetFieldValue<DateTimeOffset>(3).ToTimestamp(),
                Comment = reader.GetString(4),
                IdempotencyKey = reader.IsDBNull(5) ? "" : reader.GetString(5),
                ProviderEventId = reader.IsDBNull(6) ? "" : reader.GetString(6),
            });
        }
    }
}
