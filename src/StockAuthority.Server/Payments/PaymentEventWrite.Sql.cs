namespace StockAuthority.Server.Payments;

internal sealed partial class PaymentEventWrite
{
    private const string NewEventsSql =
        """
        INSERT INTO payment_events (
            provider_event_id, account, provider, tenant_id, event_number, payment_object_id, order_ref, event,
            resolution, reason, missing_fields, first_sequence, last_sequence, prior_state, resulting_state, decision_number,
            matrix_version, received_at, resolved_at)
        SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::text[]), unnest($5::bigint[]), unnest($6::text[]), unnest($7::text[]),
               unnest($8::bytea[]), unnest($9::smallint[]), unnest($10::text[]), string_to_array(unnest($11::text[]), ','), unnest($12::bigint[]),
               unnest($13::bigint[]), unnest($14::bytea[]), unnest($15::bytea[]), unnest($16::bigint[]), $17, least(unnest($19::timestamptz[]), $18::timestamptz), $18::timestamptz
        """;

    /// <summary>
    /// Events that got another resolution; the one that they had is kept. $13: how many decisions there are of them in this batch,
    /// of which the last is written here.
    /// </summary>
    private const string ResolvedEventsSql =
        """
        WITH r AS (
            SELECT *
            FROM unnest(
                $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
                $11::bytea[], $12::bytea[], $13::bigint[])
                AS r (provider_event_id, account, provider, tenant_id, order_ref, resolution, reason, missing_fields, first_sequence, last_sequence,
                      prior_state, resulting_state, decisions)
        ), superseded AS (
            INSERT INTO payment_event_decisions (
                provider_event_id, account, provider, tenant_id, decision_number, resolution, reason, missing_fields, order_ref,
                first_sequence, last_sequence, matrix_version, prior_state, resulting_state, resolved_at)
            SELECT e.provider_event_id, e.account, e.provider, e.tenant_id, e.decision_number, e.resolution, e.reason, e.missing_fields, e.order_ref,
                   e.first_sequence, e.last_sequence, e.matrix_version, e.prior_state, e.resulting_state, e.resolved_at
            FROM r
            JOIN payment_events e
              ON e.provider_event_id = r.provider_event_id AND e.account = r.account AND e.provider = r.provider AND e.tenant_id = r.tenant_id
        )
        UPDATE payment_events AS e
        SET order_ref = r.order_ref, resolution = r.resolution, reason = r.reason, missing_fields = string_to_array(r.missing_fields, ','),
            first_sequence = r.first_sequence, last_sequence = r.last_sequence, prior_state = r.prior_state, resulting_state = r.resulting_state,
            decision_number = e.decision_number + r.decisions, matrix_version = $14, resolved_at = $15
        FROM r
        WHERE e.provider_event_id = r.provider_event_id AND e.account = r.account AND e.provider = r.provider AND e.tenant_id = r.tenant_id
        """;

    /// <summary>Decisions that later ones of the same batch superseded; their numbers count on from the event's own, which is written already.</summary>
    private const string SupersededSql =
        """
        INSERT INTO payment_event_decisions (
            provider_event_id, account, provider, tenant_id, decision_number, resolution, reason, missing_fields, order_ref,
            first_sequence, last_sequence, matrix_version, prior_state, resulting_state, resolved_at)
        SELECT d.provider_event_id, d.account, d.provider, d.tenant_id, e.decision_number - d.before_last, d.resolution, d.reason,
               string_to_array(d.missing_fields, ','), d.order_ref, d.first_sequence, d.last_sequence, $14, d.prior_state, d.resulting_state, $15
        FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
            $11::bytea[], $12::bytea[], $13::bigint[])
            AS d (provider_event_id, account, provider, tenant_id, order_ref, resolution, reason, missing_fields, first_sequence, last_sequence,
                  prior_state, resulting_state, before_last)
        JOIN payment_events e
          ON e.provider_event_id = d.provider_event_id AND e.account = d.account AND e.provider = d.provider AND e.tenant_id = d.tenant_id
        """;

    /// <summary>
    /// Numbered without gaps: the batch holds the tenants' rows. The count stands in the same rows, and only batches with an intent
    /// write it, so that no Reserve pays for it.
    /// </summary>
    private const string PostingIntentsSql =
        """
        WITH i AS (
            SELECT *
            FROM unnest(
                $1::text[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[],
                $11::timestamptz[], $12::bigint[])
                WITH ORDINALITY
                AS i (tenant_id, ledger_action, order_ref, provider, account, payment_object_id, modification_ref, provider_event_id, currency, minor_units,
                      occurred_at, sequence, place)
        ), numbered AS (
            UPDATE tenants AS t
            SET last_intent_number = t.last_intent_number + c.intents
            FROM (SELECT tenant_id, count(*) AS intents FROM i GROUP BY tenant_id) AS c
            WHERE t.tenant_id = c.tenant_id
            RETURNING t.tenant_id, t.last_intent_number - c.intents AS before
        )
        INSERT INTO posting_intents (
            intent_number, tenant_id, ledger_action, order_ref, provider, account, payment_object_id, modification_ref, provider_event_id,
            currency, minor_units, occurred_at, sequence, recorded_at)
        SELECT numbered.before + row_number() OVER (PARTITION BY i.tenant_id ORDER BY i.place), i.tenant_id, i.ledger_action, i.order_ref, i.provider, i.account,
               i.payment_object_id, i.modification_ref, i.provider_event_id, i.currency, i.minor_units, i.occurred_at, i.sequence, $13
        FROM i
        JOIN numbered ON numbered.tenant_id = i.tenant_id
        """;

    private const string DeliveriesSql =
        """
        INSERT INTO payment_event_deliveries (provider_event_id, account, provider, tenant_id, idempotency_key, received_at)
        SELECT d.provider_event_id, d.account, d.provider, d.tenant_id, d.idempotency_key, least(d.received_at, $7::timestamptz)
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
            AS d (provider_event_id, account, provider, tenant_id, idempotency_key, received_at)
        """;
}
