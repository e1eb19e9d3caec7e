namespace StockAuthority.Server.Inventory;

internal sealed partial class BatchWrite
{
    private const string BeginSql = "BEGIN";
    private const string CommitSql = "COMMIT";

    private const string MovementsSql =
        """
        INSERT INTO movements (
            sequence, tenant_id, sku, location_id, from_state, to_state, quantity, level_version, available_after, operation,
            order_ref, reservation_number, document_ref, reason, idempotency_key, recorded_at, hash, occurred_at)
        SELECT unnest($1::bigint[]), unnest($2::text[]), unnest($3::text[]), unnest($4::text[]), unnest($5::smallint[]), unnest($6::smallint[]),
               unnest($7::bigint[]), unnest($8::bigint[]), unnest($9::bigint[]), unnest($10::smallint[]), unnest($11::text[]), unnest($12::bigint[]),
               unnest($13::text[]), unnest($14::smallint[]), unnest($15::text[]), unnest($16::timestamptz[]), unnest($17::bytea[]),
               unnest($18::timestamptz[])
        """;

    private const string NewLevelsSql =
        """
        INSERT INTO stock_levels (
            sku, location_id, tenant_id, available, reserved, committed, inspection, damaged, in_transit, shortfall, version, sequence)
        SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::bigint[]), unnest($5::bigint[]), unnest($6::bigint[]),
               unnest($7::bigint[]), unnest($8::bigint[]), unnest($9::bigint[]), unnest($10::bigint[]), unnest($11::bigint[]), unnest($12::bigint[])
        """;

    private const string ChangedLevelsSql =
        """
        UPDATE stock_levels AS l
        SET available = c.available, reserved = c.reserved, committed = c.committed, inspection = c.inspection, damaged = c.damaged,
            in_transit = c.in_transit, shortfall = c.shortfall, version = c.version, sequence = c.sequence
        FROM (
            SELECT unnest($1::text[]) AS sku, unnest($2::text[]) AS location_id, unnest($3::text[]) AS tenant_id,
                   unnest($4::bigint[]) AS available, unnest($5::bigint[]) AS reserved, unnest($6::bigint[]) AS committed,
                   unnest($7::bigint[]) AS inspection, unnest($8::bigint[]) AS damaged, unnest($9::bigint[]) AS in_transit,
                   unnest($10::bigint[]) AS shortfall, unnest($11::bigint[]) AS version, unnest($12::bigint[]) AS sequence
        ) AS c
        WHERE l.sku = c.sku AND l.location_id = c.location_id AND l.tenant_id = c.tenant_id
        """;

    private const string NewReservationsSql =
        """
        INSERT INTO reservations (
            reservation_number, tenant_id, order_ref, payment_object_id, channel, origin, state, lines, created_at, expire_at, closed_at)
        SELECT unnest($1::bigint[]), unnest($2::text[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]), unnest($6::smallint[]),
               unnest($7::smallint[]), unnest($8::text[])::jsonb, unnest($9::timestamptz[]), unnest($10::timestamptz[]), unnest($11::timestamptz[])
        """;

    /// <summary>Has the parameters of the other: what never changes ($3, $9) is not used.</summary>
    private const string ChangedReservationsSql =
        """
        UPDATE reservations AS r
        SET payment_object_id = c.payment_object_id, channel = c.channel, origin = c.origin,
            state = c.state, lines = c.lines::jsonb, expire_at = c.expire_at, closed_at = c.closed_at
        FROM unnest(
            $1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::smallint[], $8::text[], $9::timestamptz[], $10::timestamptz[],
            $11::timestamptz[])
            AS c (reservation_number, tenant_id, order_ref, payment_object_id, channel, origin, state, lines, created_at, expire_at, closed_at)
        WHERE r.reservation_number = c.reservation_number AND r.tenant_id = c.tenant_id
        """;

    /// <summary>Numbers as texts, since rows have different counts of them.</summary>
    private const string ExpiriesSql =
        """
        INSERT INTO expiries (expire_at, tenant_id, reservation_numbers)
        SELECT unnest($1::timestamptz[]), unnest($2::text[]), string_to_array(unnest($3::text[]), ',')::bigint[]
        """;

    private const string TransfersSql =
        """
        INSERT INTO transfers (transfer_id, tenant_id, from_location_id, to_location_id, lines, dispatched_at, closed_at)
        SELECT transfer_id, tenant_id, from_location_id, to_location_id, lines::jsonb, dispatched_at, closed_at
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])
            AS t (transfer_id, tenant_id, from_location_id, to_location_id, lines, dispatched_at, closed_at)
        ON CONFLICT (transfer_id, tenant_id) DO UPDATE SET lines = excluded.lines, closed_at = excluded.closed_at
        """;

    /// <summary>A key that was used before violates outcomes_pk.</summary>
    private const string OutcomesSql =
        """
        INSERT INTO outcomes (idempotency_key, tenant_id, fingerprint, answer_kind, answer, recorded_at)
        SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::bytea[]), unnest($4::smallint[]), unnest($5::bytea[]), $6::timestamptz
        """;

    private const string PaymentsSql =
        """
        INSERT INTO payments (payment_object_id, account, provider, tenant_id, order_ref, facts, waiting, named, known_lines)
        SELECT payment_object_id, account, provider, tenant_id, order_ref, facts::jsonb, waiting::jsonb, named::jsonb, known_lines::jsonb
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
            AS p (payment_object_id, account, provider, tenant_id, order_ref, facts, waiting, named, known_lines)
        ON CONFLICT (payment_object_id, account, provider, tenant_id) DO UPDATE SET
            order_ref = excluded.order_ref, facts = excluded.facts, waiting = excluded.waiting, named = excluded.named,
            known_lines = excluded.known_lines
        """;

    private const string NewEventsSql =
        """
        INSERT INTO payment_events (
            provider_event_id, account, provider, tenant_id, event_number, payment_object_id, order_ref, event,
            resolution, reason, missing_fields, first_sequence, last_sequence, prior_state, resulting_state, decision_number,
            matrix_version, received_at, resolved_at)
        SELECT provider_event_id, account, provider, tenant_id, event_number, payment_object_id, order_ref, event,
               resolution, reason, string_to_array(missing_fields, ','), first_sequence, last_sequence, prior_state, resulting_state, decision_number,
               $17, $18, $18
        FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::bytea[],
            $9::smallint[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bytea[], $15::bytea[], $16::bigint[])
            AS e (provider_event_id, account, provider, tenant_id, event_number, payment_object_id, order_ref, event,
                  resolution, reason, missing_fields, first_sequence, last_sequence, prior_state, resulting_state, decision_number)
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

    private const string ReturnsSql =
        """
        INSERT INTO returns (return_number, document_ref, order_ref, tenant_id, lines, by_call, by_event)
        SELECT return_number, document_ref, order_ref, tenant_id, lines::jsonb, by_call, by_event
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::boolean[])
            AS r (return_number, document_ref, order_ref, tenant_id, lines, by_call, by_event)
        ON CONFLICT (document_ref, order_ref, return_number, tenant_id) DO UPDATE SET by_call = excluded.by_call, by_event = excluded.by_event
        """;

    private const string DeliveriesSql =
        """
        INSERT INTO payment_event_deliveries (provider_event_id, account, provider, tenant_id, idempotency_key, received_at)
        SELECT *, $6::timestamptz FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        """;

    /// <summary>
    /// A head that has moved, or an order that has a payment, violates tenants_head_version and so fails the batch: the update
    /// waits for whoever holds the row and then sees its new version. Payments come with a new version too, so that those
    /// which this statement's snapshot does not show are noticed all the same.
    /// </summary>
    private const string HeadsSql =
        """
        UPDATE tenants AS t
        SET head_version = CASE
                WHEN t.head_version = h.head_version AND NOT EXISTS (
                    SELECT FROM unnest($7::text[], $8::text[]) AS reserving (order_ref, tenant_id)
                    JOIN payments p ON p.order_ref = reserving.order_ref AND p.tenant_id = reserving.tenant_id
                ) AND NOT EXISTS (
                    SELECT FROM unnest($9::text[], $10::text[]) AS reserving (payment_object_id, tenant_id)
                    JOIN payments p ON p.payment_object_id = reserving.payment_object_id AND p.tenant_id = reserving.tenant_id
                ) THEN t.head_version + 1
                ELSE -1
            END,
            last_sequence = h.last_sequence, last_hash = h.last_hash, last_event_number = h.last_event_number, last_recorded_at = h.last_recorded_at
        FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bigint[], $6::timestamptz[])
            AS h (tenant_id, head_version, last_sequence, last_hash, last_event_number, last_recorded_at)
        WHERE t.tenant_id = h.tenant_id
        """;
}
