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

    private const string NewPaymentsSql =
        """
        INSERT INTO payments (payment_object_id, account, provider, tenant_id, order_ref, facts, waiting, named, known_lines)
        SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]), unnest($6::text[])::jsonb,
               unnest($7::text[])::jsonb, unnest($8::text[])::jsonb, unnest($9::text[])::jsonb
        """;

    private const string ChangedPaymentsSql =
        """
        UPDATE payments AS p
        SET order_ref = c.order_ref, facts = c.facts::jsonb, waiting = c.waiting::jsonb, named = c.named::jsonb, known_lines = c.known_lines::jsonb
        FROM (
            SELECT unnest($1::text[]) AS payment_object_id, unnest($2::text[]) AS account, unnest($3::text[]) AS provider, unnest($4::text[]) AS tenant_id,
                   unnest($5::text[]) AS order_ref, unnest($6::text[]) AS facts, unnest($7::text[]) AS waiting, unnest($8::text[]) AS named,
                   unnest($9::text[]) AS known_lines
        ) AS c
        WHERE p.payment_object_id = c.payment_object_id AND p.account = c.account AND p.provider = c.provider AND p.tenant_id = c.tenant_id
        """;

    private const string ReturnsSql =
        """
        INSERT INTO returns (return_number, document_ref, order_ref, tenant_id, lines, by_call, by_event)
        SELECT return_number, document_ref, order_ref, tenant_id, lines::jsonb, by_call, by_event
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::boolean[])
            AS r (return_number, document_ref, order_ref, tenant_id, lines, by_call, by_event)
        ON CONFLICT (document_ref, order_ref, return_number, tenant_id) DO UPDATE SET by_call = excluded.by_call, by_event = excluded.by_event
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
