using System.Globalization;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Npgsql;
using StockAuthority.Operations.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;
using Status = Google.Rpc.Status;

namespace StockAuthority.Server.Exceptions;

/// <summary>What people do to a case: each change is a row of its history, in one transaction with it.</summary>
internal sealed class ExceptionChanges(KeyedChanges changes, TimeProvider time)
{
    private const string LockSql = $"SELECT {ExceptionCaseRow.Columns} FROM exception_cases c WHERE c.case_id = $1 AND c.tenant_id = $2 FOR UPDATE";

    /// <summary>$9: the action, $10 to $12: by whom, what is said, under which key.</summary>
    private const string ChangeSql =
        $"""
        WITH changed AS (
            UPDATE exception_cases
            SET status = $3, assignee = $4, owner_lane = $5, disposition = $6, resolved_at = $7,
                version = version + 1, last_entry = last_entry + 1, updated_at = $8
            WHERE case_id = $1 AND tenant_id = $2
            RETURNING *
        ), entered AS (
            INSERT INTO exception_entries (case_id, tenant_id, entry_number, action, actor, entered_at, comment, idempotency_key)
            SELECT case_id, tenant_id, last_entry, $9, $10, $8, $11, $12 FROM changed
        )
        SELECT {ExceptionCaseRow.Columns} FROM changed c
        """;

    public Task<StockAnswer> AssignAsync(AssignExceptionRequest request, ServerCallContext context)
    {
        var said = string.Join(' ', new[]
        {
            request.Assignee.Length == 0 ? "To nobody." : $"To {request.Assignee}.",
            request.OwnerLane.Length == 0 ? "" : $"Lane {request.OwnerLane}.",
            request.Comment,
        }.Where(part => part.Length > 0));
        return ChangeAsync<AssignExceptionResponse>(
            request,
            request.TenantId,
            request.CaseId,
            request.IdempotencyKey,
            request.Version,
            ExceptionAction.Assigned,
            said,
            known =>
            {
                known.Assignee = request.Assignee;
                known.Status = request.Assignee.Length == 0 ? ExceptionStatus.Open : ExceptionStatus.Assigned;
                known.OwnerLane = request.OwnerLane.Length == 0 ? known.OwnerLane : request.OwnerLane;
            },
            changed => new AssignExceptionResponse { ExceptionCase = changed },
            context);
    }

    public Task<StockAnswer> CommentAsync(CommentExceptionRequest request, ServerCallContext context) => ChangeAsync<CommentExceptionResponse>(
        request,
        request.TenantId,
        request.CaseId,
        request.IdempotencyKey,
        version: null,
        ExceptionAction.Commented,
        request.Comment,
        _ => { },
        changed => new CommentExceptionResponse { ExceptionCase = changed },
        context);

    public Task<StockAnswer> ResolveAsync(ResolveExceptionRequest request, ServerCallContext context) => ChangeAsync<ResolveExceptionResponse>(
        request,
        request.TenantId,
        request.CaseId,
        request.IdempotencyKey,
        request.Version,
        ExceptionAction.Resolved,
        $"{ExceptionMessages.Name(request.Disposition)}: {request.Comment}",
        known => (known.Status, known.Disposition) = (ExceptionStatus.Resolved, request.Disposition),
        changed => new ResolveExceptionResponse { ExceptionCase = changed },
        context);

    public static Status NotFound(string caseId) =>
        Errors.Status(Code.NotFound, "EXCEPTION_NOT_FOUND", $"There is no exception case '{caseId}'.", ("case_id", caseId));

    /// <param name="version">The one that the case must have; null where it may have any, and be resolved.</param>
    private Task<StockAnswer> ChangeAsync<TResponse>(
        IMessage request,
        string tenantId,
        string caseId,
        string key,
        long? version,
        ExceptionAction action,
        string said,
        Action<ExceptionCase> change,
        Func<ExceptionCase, TResponse> response,
        ServerCallContext context)
        where TResponse : IMessage<TResponse>, new() => changes.RunAsync<TResponse>(
            tenantId,
            key,
            request,
            async connection =>
            {
                var known = await LockAsync(connection, tenantId, caseId, context.CancellationToken) ?? throw NotFound(caseId).ToRpcException();
                if (version is not null && Refusal(known, version.Value) is { } refusal)
                {
                    return StockAnswer.Of(refusal);
                }

                change(known);
                return StockAnswer.Of(response(await StoreAsync(connection, tenantId, known, action, said, key, context)));
            },
            context.CancellationToken);

    private static Status? Refusal(ExceptionCase known, long version) =>
        known.Status == ExceptionStatus.Resolved
            ? Errors.Status(
                Code.FailedPrecondition,
                "EXCEPTION_RESOLVED",
                $"Case '{known.CaseId}' is resolved as {ExceptionMessages.Name(known.Disposition)}.",
                ("case_id", known.CaseId),
                ("disposition", ExceptionMessages.Name(known.Disposition)))
            : known.Version != version
                ? Errors.Status(
                    Code.FailedPrecondition,
                    "EXCEPTION_CHANGED",
                    string.Create(CultureInfo.InvariantCulture, $"Case '{known.CaseId}' is at version {known.Version}, not {version}. Look at it again."),
                    ("case_id", known.CaseId),
                    ("expected_version", version.ToString(CultureInfo.InvariantCulture)),
                    ("current_version", known.Version.ToString(CultureInfo.InvariantCulture)))
                : null;

    private static async Task<ExceptionCase?> LockAsync(NpgsqlConnection connection, string tenantId, string caseId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(LockSql, connection);
        command.Parameters.Add(Sql.Text(caseId));
        command.Parameters.Add(Sql.Text(tenantId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ExceptionCaseRow.Read(reader) : null;
    }

    private async Task<ExceptionCase> StoreAsync(
        NpgsqlConnection connection,
        string tenantId,
        ExceptionCase changed,
        ExceptionAction action,
        string said,
        string key,
        ServerCallContext context)
    {
        var now = time.GetUtcNow().ToDatabasePrecision();
        var isResolved = changed.Status == ExceptionStatus.Resolved;
        await using var command = new NpgsqlCommand(ChangeSql, connection);
        command.Parameters.Add(Sql.Text(changed.CaseId));
        command.Parameters.Add(Sql.Text(tenantId));
        command.Parameters.Add(Sql.Number((long)changed.Status));
        command.Parameters.Add(Sql.OptionalText(changed.Assignee.Length == 0 ? null : changed.Assignee));
        command.Parameters.Add(Sql.Text(changed.OwnerLane));
        command.Parameters.Add(Sql.OptionalNumber(isResolved ? (long)changed.Disposition : null));
        command.Parameters.Add(Sql.OptionalTime(isResolved ? changed.ResolveTime?.ToDateTimeOffset() ?? now : null));
        command.Parameters.Add(Sql.Time(now));
        command.Parameters.Add(Sql.Number((long)action));
        command.Parameters.Add(Sql.OptionalText(Caller.Of(context)?.Subject));
        command.Parameters.Add(Sql.Text(said));
        command.Parameters.Add(Sql.Text(key));
        await using var reader = await command.ExecuteReaderAsync(context.CancellationToken);
        await reader.ReadAsync(context.CancellationToken);
        return ExceptionCaseRow.Read(reader);
    }
}
