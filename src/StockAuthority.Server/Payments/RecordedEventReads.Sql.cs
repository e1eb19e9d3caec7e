using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Payments;

internal sealed partial class RecordedEventReads
{
    // Look-ups are LATERAL: a walk along one key for each event, whatever the planner believes of the tables' sizes.
    private const string DecisionsSql =
        """
        SELECT wanted.position, d.decision_number, d.resolution, d.reason, d.missing_fields, d.first_sequence, d.last_sequence,
               d.matrix_version, d.prior_state, d.resulting_state, d.resolved_at
        FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted (provider_event_id, account, provider, position)
        CROSS JOIN LATERAL (
            SELECT * FROM payment_event_decisions
            WHERE payment_event_decisions.provider_event_id = wanted.provider_event_id AND payment_event_decisions.account = wanted.account
              AND payment_event_decisions.provider = wanted.provider AND payment_event_decisions.tenant_id = $4
            ORDER BY payment_event_decisions.decision_number
            LIMIT $5
        ) AS d
        ORDER BY wanted.position, d.decision_number
        """;

    /// <summary>How many, and the latest $5.</summary>
    private const string DeliveriesSql =
        """
        SELECT wanted.position, extra.count, extra.keys, extra.times
        FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted (provider_event_id, account, provider, position)
        CROSS JOIN LATERAL (
            SELECT count(*) AS count,
                   (array_agg(d.idempotency_key ORDER BY d.received_at DESC))[1:$5] AS keys,
                   (array_agg(d.received_at ORDER BY d.received_at DESC))[1:$5] AS times
            FROM payment_event_deliveries d
            WHERE d.provider_event_id = wanted.provider_event_id AND d.account = wanted.account AND d.provider = wanted.provider AND d.tenant_id = $4
        ) AS extra
        WHERE extra.count > 0
        """;

    private const string MovementsSql =
        $"""
        SELECT wanted.position,
               {MovementRow.Columns}
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS wanted (position, first_sequence, last_sequence)
        CROSS JOIN LATERAL (
            SELECT * FROM movements
            WHERE tenant_id = $4 AND sequence BETWEEN wanted.first_sequence AND wanted.last_sequence
            ORDER BY sequence
            LIMIT $5
        ) AS m
        ORDER BY wanted.position, m.sequence
        """;
}
