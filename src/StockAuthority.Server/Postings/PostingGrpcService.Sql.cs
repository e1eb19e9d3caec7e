using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Postings;

internal sealed partial class PostingGrpcService
{
    private const string HeadsSql =
        """
        SELECT t.last_intent_number, t.last_sequence, (SELECT coalesce(max(sequence), 0) FROM journal_checkpoints WHERE tenant_id = $1)
        FROM tenants t
        WHERE t.tenant_id = $1
        """;

    private const string IntentsSql =
        """
        SELECT intent_number, ledger_action, order_ref, provider, account, payment_object_id, modification_ref, provider_event_id,
               currency, minor_units, occurred_at, sequence, recorded_at
        FROM posting_intents
        WHERE tenant_id = $1 AND intent_number > $2 AND intent_number <= $3
        ORDER BY intent_number
        LIMIT $4
        """;

    /// <summary>Adjust, SetLevels, ReceiveReturn, InspectReturn; ReceiveTransfer where it wrote units off.</summary>
    private const string AdjustmentsSql =
        $"""
        SELECT {MovementRow.Columns}
        FROM movements m
        WHERE m.tenant_id = $1 AND m.sequence > $2 AND m.sequence <= $3
          AND (m.operation IN (5, 7, 8, 9) OR (m.operation = 11 AND m.to_state = 22))
        ORDER BY m.sequence
        LIMIT $4
        """;

    /// <summary>Nothing for an unknown tenant; a head without a checkpoint where the number is beyond that head.</summary>
    private const string AcknowledgeSql =
        """
        WITH head AS (
            SELECT last_intent_number FROM tenants WHERE tenant_id = $2
        ), acknowledged AS (
            INSERT INTO posting_checkpoints AS c (consumer, tenant_id, intent_number, acknowledged_at)
            SELECT $1, $2, $3, $4 FROM head WHERE last_intent_number >= $3
            ON CONFLICT ON CONSTRAINT posting_checkpoints_pk
            DO UPDATE SET intent_number = greatest(c.intent_number, excluded.intent_number), acknowledged_at = excluded.acknowledged_at
            RETURNING intent_number
        )
        SELECT head.last_intent_number, acknowledged.intent_number
        FROM head
        LEFT JOIN acknowledged ON true
        """;

    private const string CheckpointSql =
        """
        SELECT t.last_intent_number, coalesce(c.intent_number, 0)
        FROM tenants t
        LEFT JOIN posting_checkpoints c ON c.consumer = $1 AND c.tenant_id = t.tenant_id
        WHERE t.tenant_id = $2
        """;

    /// <summary>
    /// $4: 'intent' or 'movement', $5: its number. A movement that was detached is still an origin; its order is not known any more.
    /// What was recorded under the origin before is answered as it is.
    /// </summary>
    private const string RecordSql =
        """
        WITH origin AS (
            SELECT CASE $4
                WHEN 'intent' THEN (SELECT i.order_ref FROM posting_intents i WHERE i.intent_number = $5 AND i.tenant_id = $3)
                ELSE (SELECT m.order_ref FROM movements m WHERE m.sequence = $5 AND m.tenant_id = $3)
            END AS order_ref
            FROM tenants t
            WHERE t.tenant_id = $3 AND $5 BETWEEN 1 AND CASE $4 WHEN 'intent' THEN t.last_intent_number ELSE t.last_sequence END
        ), recorded AS (
            INSERT INTO postings (origin, system, tenant_id, document_id, posted_at, currency, minor_units, quantities, order_ref, recorded_at)
            SELECT $1, $2, $3, $6, $7, $8, $9, $10::jsonb, origin.order_ref, $11 FROM origin
            ON CONFLICT ON CONSTRAINT postings_pk DO NOTHING
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM origin), (SELECT count(*) FROM recorded)
        """;

    private const string PostingColumns = "origin, system, document_id, posted_at, currency, minor_units, quantities::text, order_ref, recorded_at";

    private const string PostingSql = $"SELECT {PostingColumns} FROM postings WHERE origin = $1 AND system = $2 AND tenant_id = $3";

    private const string ListSql =
        $"""
        SELECT {PostingColumns}
        FROM postings
        WHERE tenant_id = $1
          AND ($2::text IS NULL OR origin = $2)
          AND ($3::text IS NULL OR order_ref = $3)
          AND ($4::text IS NULL OR system = $4)
          AND ($5::timestamptz IS NULL OR posted_at >= $5)
          AND ($6::timestamptz IS NULL OR posted_at < $6)
          AND ($7::timestamptz IS NULL OR (posted_at, origin, system) > ($7, $8, $9))
        ORDER BY posted_at, origin, system
        LIMIT $10
        """;
}
