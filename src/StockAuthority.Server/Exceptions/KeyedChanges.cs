using Google.Protobuf;
using Npgsql;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Exceptions;

/// <summary>Changes that move no stock, each done once under its idempotency key: the answer is stored in the change's transaction, where the ledger's are.</summary>
internal sealed class KeyedChanges([FromKeyedServices(DataSources.Reads)] NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Another request with the key can come in between once; then its answer is there.</summary>
    private const int MaximumAttempts = 3;

    private const string OutcomeSql = "SELECT fingerprint, answer_kind, answer FROM outcomes WHERE idempotency_key = $1 AND tenant_id = $2";

    private const string RecordSql =
        "INSERT INTO outcomes (idempotency_key, tenant_id, fingerprint, answer_kind, answer, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)";

    /// <summary>The answer that the key has; null where it has none.</summary>
    public async Task<StockAnswer?> RecallAsync<TResponse>(string tenantId, string key, IMessage request, CancellationToken cancellationToken)
        where TResponse : IMessage<TResponse>, new()
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await RecallAsync<TResponse>(connection, tenantId, key, request, cancellationToken);
    }

    /// <param name="change">Does it in the connection's transaction. A refusal is recorded too; what cannot be at all is thrown, and is not.</param>
    public async Task<StockAnswer> RunAsync<TResponse>(
        string tenantId,
        string key,
        IMessage request,
        Func<NpgsqlConnection, Task<StockAnswer>> change,
        CancellationToken cancellationToken)
        where TResponse : IMessage<TResponse>, new()
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            if (await RecallAsync<TResponse>(connection, tenantId, key, request, cancellationToken) is { } stored)
            {
                return stored;
            }

            try
            {
                var answer = await change(connection);
                await RecordAsync(connection, tenantId, key, request, answer, cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return answer;
            }
            catch (PostgresException error) when (error.ConstraintName == "outcomes_pk" && attempt < MaximumAttempts)
            {
                // It was used meanwhile: rolled back, and answered from what is stored now.
            }
        }
    }

    private static async Task<StockAnswer?> RecallAsync<TResponse>(
        NpgsqlConnection connection,
        string tenantId,
        string key,
        IMessage request,
        CancellationToken cancellationToken)
        where TResponse : IMessage<TResponse>, new()
    {
        await using var command = new NpgsqlCommand(OutcomeSql, connection);
        command.Parameters.Add(Sql.Text(key));
        command.Parameters.Add(Sql.Text(tenantId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var answer = reader.GetFieldValue<byte[]>(2);
        return !reader.GetFieldValue<byte[]>(0).AsSpan().SequenceEqual(StockLedger.Fingerprint(request)) ? StockAnswers.KeyReused(key)
            : reader.GetInt16(1) == StoredOutcome.StatusKind ? new StockAnswer(null, Google.Rpc.Status.Parser.ParseFrom(answer), IsReplay: true)
            : new StockAnswer(new MessageParser<TResponse>(() => new TResponse()).ParseFrom(answer), null, IsReplay: true);
    }

    private async Task RecordAsync(NpgsqlConnection connection, string tenantId, string key, IMessage request, StockAnswer answer, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(RecordSql, connection);
        command.Parameters.Add(Sql.Text(key));
        command.Parameters.Add(Sql.Text(tenantId));
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = StockLedger.Fingerprint(request) });
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = answer.Refusal is null ? StoredOutcome.ResponseKind : StoredOutcome.StatusKind });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = (answer.Response ?? answer.Refusal!).ToByteArray() });
        command.Parameters.Add(Sql.Time(time.GetUtcNow().ToDatabasePrecision()));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
