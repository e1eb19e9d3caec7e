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
    public async Task<Dictionary<TenantKey, StockLevel>> ReadAsync(IReadOnlyCollection<TenantKey> keys, CancellationToken cancellationToken) =>
        await AnotherSession.ExecuteAsync(
            static async (its, stopping) => await its.This.LevelsAsync(its.Keys, stopping), (This: this, Keys: keys), cancellationToken);

    /// <summary>Those of the locations whose units can be reserved.</summary>
    public async Task<HashSet<string>> SellableAsync(string tenantId, IEnumerable<string> locations, CancellationToken cancellationToken) =>
        await AnotherSession.ExecuteAsync(
            static async (its, stopping) => await its.This.SellableOfAsync(its.TenantId, its.Locations, stopping),
            (This: this, TenantId: tenantId, Locations: locations),
            cancellationToken);

    private async Task<Dictionary<TenantKey, StockLevel>> LevelsAsync(IReadOnlyCollection<TenantKey> keys, CancellationToken cancellationToken)
    {
        await using var command = reads.CreateCommand(LevelsSql);
        command.Parameters.Add(Sql.Texts(keys, static key => key.Key.Sku));
        command.Parameters.Add(Sql.Texts(keys, static key => key.Key.LocationId));
        command.Parameters.Add(Sql.Texts(keys, static key => key.TenantId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var levels = new Dictionary<TenantKey, StockLevel>(keys.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            var key = new TenantKey(reader.GetString(0), new StockKey(reader.GetString(1), reader.GetString(2)));
            levels[key] = LevelRow.Read(reader, key.Key, 3);
        }

        return levels;
    }

    private async Task<HashSet<string>> SellableOfAsync(string tenantId, IEnumerable<string> locations, CancellationToken cancellationToken)
    {
        await using var command = reads.CreateCommand(SellableSql);
        command.Parameters.Add(Sql.Texts([.. locations.Distinct()]));
        command.Parameters.Add(Sql.Text(tenantId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var sellable = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            sellable.Add(reader.GetString(0));
        }

        return sellable;
    }
}
