namespace StockAuthority.Server.Inventory;

internal sealed partial class OutcomeRetention
{
    /// <summary>By the database's clock, like the expiries. A TID range scan reads just these pages.</summary>
    private const string StepSql =
        """
        WITH removed AS (
            DELETE FROM outcomes
            WHERE ctid >= format('(%s,0)', $1)::tid AND ctid < format('(%s,0)', $2)::tid AND recorded_at < now() - $3
            RETURNING 1
        )
        SELECT pg_relation_size('outcomes') / current_setting('block_size')::bigint, (SELECT count(*) FROM removed)
        """;
}
