using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// A batch as a transaction that reads: what its commands name is read under the tenants' locks, then they are decided in the
/// order of their arrival.
/// </summary>
internal static class LockedBatch
{
    /// <summary>The connection holds the locks when this returns, until the batch is committed or rolled back.</summary>
    public static async Task<DecidedBatch> DecideAsync(
        NpgsqlConnection connection,
        IReadOnlyList<PendingCommand> commands,
        bool isLocked,
        LedgerRules rules,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var state = await BatchRead.ReadAsync(connection, new BatchNeeds(commands), isLocked, cancellationToken);
        var batch = new DecidedBatch(rules, state, time.GetUtcNow().ToDatabasePrecision());
        var lookedThrough = new HashSet<(string TenantId, StockKey Key)>();
        foreach (var command in commands)
        {
            if (state.Tenant(command.TenantId) is { } tenant)
            {
                // A fact that takes what was promised names whose promises those are.
                var atRisk = state.KeysAtRisk(command).Where(key => lookedThrough.Add((command.TenantId, key)));
                await AtRiskRead.ReadAsync(connection, tenant, [.. atRisk], cancellationToken);
            }

            // The last moment at which a caller who gave up can be let go: once decided, it is recorded.
            if (command is { Abandoned.IsCancellationRequested: true, MayBeDone: false })
            {
                batch.LetGo(command);
            }
            else
            {
                batch.Decide(command);
            }
        }

        return batch;
    }
}
