namespace StockAuthority.Intake.Rejections;

internal sealed partial class RejectionTraceWriter
{
    private const string AddSql =
        """
        INSERT INTO webhook_rejections AS known (account, reason, hour_at, tenant_id, provider, rejection_count, sample)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ON CONSTRAINT webhook_rejections_pk
        DO UPDATE SET rejection_count = known.rejection_count + excluded.rejection_count
        """;

    private const string DeleteBeyondCapSql =
        """
        DELETE FROM webhook_rejections
        WHERE (account, reason, hour_at, provider, tenant_id) IN (
            SELECT account, reason, hour_at, provider, tenant_id FROM webhook_rejections
            ORDER BY hour_at DESC
            OFFSET $1)
        """;
}
