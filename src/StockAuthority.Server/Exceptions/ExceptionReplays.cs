using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using StockAuthority.Operations.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Exceptions;

/// <summary>
/// Tries again what cases are about. Held events go through their lane like every command, to be judged on what is known now: that is
/// the same judgement which a new event of their order would cause, so nothing can come of it twice.
/// </summary>
internal sealed class ExceptionReplays(
    StockLedger ledger,
    KeyedChanges changes,
    [FromKeyedServices(DataSources.Reads)] NpgsqlDataSource database,
    TimeProvider time)
{
    /// <summary>$6: the cases of which a reporter is asked for another try.</summary>
    private const string EnterSql =
        """
        WITH replayed AS (
            UPDATE exception_cases
            SET last_entry = last_entry + 1, updated_at = $3,
                replay_requested_at = CASE WHEN case_id = ANY($6) THEN $3 ELSE replay_requested_at END
            WHERE case_id = ANY($1) AND tenant_id = $2 AND status <> 3
            RETURNING case_id, tenant_id, last_entry
        )
        INSERT INTO exception_entries (case_id, tenant_id, entry_number, action, actor, entered_at, comment, idempotency_key)
        SELECT case_id, tenant_id, last_entry, 5, $4, $3, $5, $7 FROM replayed
        """;

    /// <param name="filter">Null where cases are named.</param>
    /// <param name="actor">Who asks for it.</param>
    public async Task<StockAnswer> ReplayAsync(ReplayExceptionsRequest request, CaseFilter? filter, string? actor, CancellationToken cancellationToken)
    {
        if (await changes.RecallAsync<ReplayExceptionsResponse>(request.TenantId, request.IdempotencyKey, request, cancellationToken) is { } stored)
        {
            return stored;
        }

        var (caseIds, nextPageToken) = await ChosenAsync(request, filter, cancellationToken);
        var known = await ReadAsync(request.TenantId, caseIds, cancellationToken);
        List<ExceptionCase> open = [.. known.Values.Where(each => each.Status != ExceptionStatus.Resolved)];
        await EnterAsync(request, open, actor, cancellationToken);
        var judged = await JudgeAsync(request.TenantId, open, cancellationToken);
        var after = await ReadAsync(request.TenantId, caseIds, cancellationToken);
        var response = new ReplayExceptionsResponse
        {
            Results =
            {
                caseIds.Select(caseId => new ReplayedException
                {
                    CaseId = caseId,
                    Outcome = Outcome(known.GetValueOrDefault(caseId), after.GetValueOrDefault(caseId), judged),
                    ExceptionCase = after.GetValueOrDefault(caseId),
                }),
            },
            NextPageToken = nextPageToken,
        };
        return await changes.RunAsync<ReplayExceptionsResponse>(
            request.TenantId, request.IdempotencyKey, request, _ => Task.FromResult(StockAnswer.Of(response)), cancellationToken);
    }

    private async Task<(List<string> CaseIds, string NextPageToken)> ChosenAsync(ReplayExceptionsRequest request, CaseFilter? filter, CancellationToken cancellationToken)
    {
        if (filter is null)
        {
            return ([.. request.CaseIds.Distinct(StringComparer.Ordinal)], "");
        }

        var (cases, next) = await filter.ReadAsync(database, cancellationToken);
        return ([.. cases.Select(each => each.CaseId)], next);
    }

    private static ReplayOutcome Outcome(ExceptionCase? before, ExceptionCase? after, Dictionary<StockCommand.Reconsider, bool> judged) =>
        before is null || after is null ? ReplayOutcome.NotFound
        : before.Status == ExceptionStatus.Resolved ? ReplayOutcome.AlreadyResolved
        : after.Status == ExceptionStatus.Resolved ? ReplayOutcome.Mended
        : IsReported(before) ? ReplayOutcome.Requested
        : CommandFor(before) is not { } command ? ReplayOutcome.NotReplayable
        : judged[command] ? ReplayOutcome.Unchanged
        : ReplayOutcome.Failed;

    private static bool IsReported(ExceptionCase each) => each.Kind >= ExceptionKind.LevelRefused;

    /// <summary>Null where there is nothing that could be judged again.</summary>
    private static StockCommand.Reconsider? CommandFor(ExceptionCase each) => each switch
    {
        { Kind: ExceptionKind.Shortfall or ExceptionKind.UnreadableEvent } or { PaymentObjectId: "" } => null,
        { OrderRef.Length: > 0 } => new StockCommand.Reconsider(each.OrderRef),
        _ => new StockCommand.Reconsider(null, new PaymentId(each.Provider, each.Account, each.PaymentObjectId)),
    };

    /// <summary>Has each order and payment judged once, and says of which the ledger took it.</summary>
    private async Task<Dictionary<StockCommand.Reconsider, bool>> JudgeAsync(string tenantId, List<ExceptionCase> cases, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(cases.Where(each => !IsReported(each)).Select(CommandFor).OfType<StockCommand.Reconsider>().Distinct().Select(async command => (
            command, await ledger.ReconsiderAsync(tenantId, command, cancellationToken))));
        return answers.ToDictionary();
    }

    private async Task<Dictionary<string, ExceptionCase>> ReadAsync(string tenantId, List<string> caseIds, CancellationToken cancellationToken)
    {
        Dictionary<string, ExceptionCase> cases = new(StringComparer.Ordinal);
        await using var command = database.CreateCommand(CaseReads.GetSeveralSql);
        command.Parameters.Add(Sql.Texts([.. caseIds]));
        command.Parameters.Add(Sql.Text(tenantId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var found = ExceptionCaseRow.Read(reader);
            cases.Add(found.CaseId, found);
        }

        return cases;
    }

    private async Task EnterAsync(ReplayExceptionsRequest request, List<ExceptionCase> cases, string? actor, CancellationToken cancellationToken)
    {
        if (cases.Count == 0)
        {
            return;
        }

        await using var command = database.CreateCommand(EnterSql);
        command.Parameters.Add(Sql.Texts([.. cases.Select(each => each.CaseId)]));
        command.Parameters.Add(Sql.Text(request.TenantId));
        command.Parameters.Add(Sql.Time(time.GetUtcNow().ToDatabasePrecision()));
        command.Parameters.Add(Sql.OptionalText(actor));
        command.Parameters.Add(Sql.Text(request.Comment));
        command.Parameters.Add(Sql.Texts([.. cases.Where(IsReported).Select(each => each.CaseId)]));
        command.Parameters.Add(Sql.Text(request.IdempotencyKey));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
