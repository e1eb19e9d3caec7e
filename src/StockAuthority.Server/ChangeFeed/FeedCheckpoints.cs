using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>A consumer's place in a tenant's journal.</summary>
/// <param name="Before">Where it was before the call; 0 where it never acknowledged anything.</param>
/// <param name="Sequence">Null where nothing was recorded because it lies beyond the head, or the caller does not work for the channel any more.</param>
internal readonly record struct FeedCheckpoint(long? Sequence, long HeadSequence, long Before);

/// <summary>How far each consumer is. A checkpoint only ever moves forward, whatever order acknowledgements arrive in.</summary>
internal sealed partial class FeedCheckpoints([FromKeyedServices(DataSources.Reads)] NpgsqlDataSource reads, TimeProvider time)
{
    /// <summary>Null for a tenant that does not exist.</summary>
    public Task<FeedCheckpoint?> AcknowledgeAsync(string tenantId, string consumer, long sequence, long fencingNumber, CancellationToken cancellationToken) => ReadAsync(
        AcknowledgeSql,
        [Sql.Text(consumer), Sql.Text(tenantId), Sql.Number(sequence), Sql.Time(time.GetUtcNow()), Sql.Number(fencingNumber)],
        cancellationToken);

    /// <inheritdoc cref="AcknowledgeAsync"/>
    public Task<FeedCheckpoint?> GetAsync(string tenantId, string consumer, CancellationToken cancellationToken) =>
        ReadAsync(CheckpointSql, [Sql.Text(consumer), Sql.Text(tenantId)], cancellationToken);

    private async Task<FeedCheckpoint?> ReadAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = reads.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new FeedCheckpoint(reader.IsDBNull(1) ? null : reader.GetInt64(1), reader.GetInt64(0), reader.GetInt64(2))
            : null;
    }
}
