namespace StockAuthority.Server.Inventory;

internal sealed partial class BatchWrite
{
    private const string CommitSql = "COMMIT";

    private const string MovementsSql =
        """
        INSERT INTO movements (
            sequence, tenant_id, sku, location_id, from_state, to_state, quantity, level_version, available_after, operation,
            order_ref, reservation_number, document_ref, reason, idempotency_key, recorded_at, hash)
        SELECT * FROM unnest(
            $1::bigint[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::smallint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::smallint[],
            $11::text[], $12::bigint[], $13::text[], $14::smallint[], $15::text[], $16::timestamptz[], $17::bytea[])
        """;

    private const string LevelsSql =
        """
        INSERT INTO stock_levels AS l (
            sku, location_id, tenant_id, available, reserved, committed, inspection, damaged, in_transit, shortfall, version, sequence)
        SELECT * FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
            $11::bigint[], $12::bigint[])
        ON CONFLICT (sku, location_id, tenant_id) DO UPDATE SET
            available = excluded.available, reserved = excluded.reserved, committed = excluded.committed,
            inspection = excluded.inspection, damaged = excluded.damaged, in_transit = excluded.in_transit,
            shortfall = excluded.shortfall, version = excluded.version, sequence = excluded.sequence
        """;

    private const string ReservationsSql =
        """
        INSERT INTO reservations (
            reservation_number, tenant_id, order_ref, payment_object_id, channel, origin, state, lines, created_at, expire_at, closed_at)
        SELECT number, tenant_id, order_ref, payment_object_id, channel, origin, state, lines::jsonb, created_at, expire_at, closed_at
        FROM unnest(
            $1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::smallint[], $8::text[], $9::timestamptz[], $10::timestamptz[],
            $11::timestamptz[])
            AS r (number, tenant_id, order_ref, payment_object_id, channel, origin, state, lines, created_at, expire_at, closed_at)
        ON CONFLICT (reservation_number, tenant_id) DO UPDATE SET
            payment_object_id = excluded.payment_object_id, channel = excluded.channel, origin = excluded.origin,
            state = excluded.state, lines = excluded.lines, expire_at = excluded.expire_at, closed_at = excluded.closed_at
        """;

    private const string OutcomesSql =
        """
        INSERT INTO outcomes (idempotency_key, tenant_id, fingerprint, answer_kind, answer, recorded_at)
        SELECT *, $6::timestamptz FROM unnest($1::text[], $2::text[], $3::bytea[], $4::smallint[], $5::bytea[])
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
            resolution, reason, missing_fields, first_sequence, last_sequence, matrix_version, received_at, resolved_at)
        SELECT provider_event_id, account, provider, tenant_id, event_number, payment_object_id, order_ref, event,
               resolution, reason, string_to_array(missing_fields, ','), first_sequence, last_sequence, $14, $15, $15
        FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::bytea[],
            $9::smallint[], $10::text[], $11::text[], $12::bigint[], $13::bigint[])
            AS e (provider_event_id, account, provider, tenant_id, event_number, payment_object_id, order_ref, event,
                  resolution, reason, missing_fields, first_sequence, last_sequence)
        """;

    /// <summary>Held events that got another resolution.</summary>
    private const string ResolvedEventsSql =
        """
        UPDATE payment_events AS e
        SET order_ref = r.order_ref, resolution = r.resolution, reason = r.reason, missing_fields = string_to_array(r.missing_fields, ','),
            first_sequence = r.first_sequence, last_sequence = r.last_sequence, matrix_version = $11, resolved_at = $12
        FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::text[], $9::bigint[], $10::bigint[])
            AS r (provider_event_id, account, provider, tenant_id, order_ref, resolution, reason, missing_fields, first_sequence, last_sequence)
        WHERE e.provider_event_id = r.provider_event_id AND e.account = r.account AND e.provider = r.provider AND e.tenant_id = r.tenant_id
        """;

    private const string DeliveriesSql =
        """
        INSERT INTO payment_event_deliveries (provider_event_id, account, provider, tenant_id, idempotency_key, received_at)
        SELECT *, $6::timestamptz FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        """;

    private const string HeadsSql =
        """
        UPDATE tenants AS t
        SET last_sequence = h.last_sequence, last_hash = h.last_hash, last_event_number = h.last_event_number
        FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bigint[]) AS h (tenant_id, last_sequence, last_hash, last_event_number)
        WHERE t.tenant_id = h.tenant_id
        """;
}
