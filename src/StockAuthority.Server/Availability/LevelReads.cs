using Npgsql;
using Polly;
using Polly.Retry;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Availability;

/// <summary>Reads levels, and whether they are on sale, from the database.</summary>
internal sealed partial class LevelReads([FromKeyedServices(DataSources.Reads)] NpgsqlDataSource reads)
{
    /// <summary>Sessions of the pool may have been ended, by an administrator or a failover, since they were last used: the next one is tried.</summary>
    private static readonly ResiliencePipeline AnotherSession = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = static attempt => ValueTask.FromResult(DatabaseErrors.IsEndedSession(attempt.Outcome.Exception)),
            MaxRetryAttempts = 5,
            Delay = TimeSpan.FromMilliseconds(10),
        })
        .Build();

    /// <summary>The levels that exist, in one round trip; every change committed before the call is in them.</summary>
    public ValueTask<Dictionary<TenantKey, StockLevel>> ReadAsync(IReadOnlyCollection<TenantKey> keys, CancellationToken cancellationToken) => AnotherSession.ExecuteAsync(
        async stopping =>
        {
            await using var command = reads.CreateCommand(LevelsSql);
            command.Parameters.Add(Sql.Texts(keys, static key => key.Key.Sku));
            command.Parameters.Add(Sql.Texts(keys, static key => key.Key.LocationId));
            command.Parameters.Add(Sql.Texts(keys, static key => key.TenantId));
            await using var reader = await command.ExecuteReaderAsync(stopping);
            var levels = new Dictionary<TenantKey, StockLevel>(keys.Count);
            while (await reader.ReadAsync(stopping))
            {
                var key = new TenantKey(reader.GetString(0), new StockKey(reader.GetString(1), reader.GetString(2)));
                levels[key] = LevelRow.Read(reader, key.Key, 3);
            }

            return levels;
        },
        cancellationToken);

    /// <summary>Those of the locations whose units can be reserved.</summary>
    public ValueTask<HashSet<string>> SellableAsync(string tenantId, IEnumerable<string> locations, CancellationToken cancellationToken) => AnotherSession.ExecuteAsync(
        async stopping =>
        {
            await using var command = reads.CreateCommand(SellableSql);
            command.Parameters.Add(Sql.Texts([.. locations.Distinct()]));
            command.Parameters.Add(Sql.Text(tenantId));
            await using var reader = await command.ExecuteReaderAsync(stopping);
            var sellable = new HashSet<string>(StringComparer.Ordinal);
            while (await reader.ReadAsync(stopping))
            {
                sellable.Add(reader.GetString(0));
            }

            return sellable;
        },
        cancellationToken);
}
