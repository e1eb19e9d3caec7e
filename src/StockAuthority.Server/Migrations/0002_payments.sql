-- Payments as sets of facts, and every payment event with its one resolution.

-- facts: what is known to have happened. waiting: its events that wait for context. named: the lines that it is for and
-- which event named them. known_lines: every line that any of them names, for reading the levels along with it.
CREATE TABLE payments (
    payment_object_id text NOT NULL,
    account text NOT NULL,
    provider text NOT NULL,
    tenant_id text NOT NULL,
    order_ref text,
    facts jsonb NOT NULL,
    waiting jsonb NOT NULL,
    named jsonb,
    known_lines jsonb NOT NULL,
    CONSTRAINT payments_pk PRIMARY KEY (payment_object_id, account, provider, tenant_id)
) WITH (fillfactor = 70);
CREATE INDEX payments_order ON payments (order_ref, tenant_id) WHERE order_ref IS NOT NULL;

-- event: the internal PaymentEvent message as it was received, immutable. resolution: 1 action, 2 no-op, 3 held.
-- event_number orders them for readers: the tenant's own count of events, taken under the head's lock.
CREATE TABLE payment_events (
    provider_event_id text NOT NULL,
    account text NOT NULL,
    provider text NOT NULL,
    tenant_id text NOT NULL,
    event_number bigint NOT NULL,
    payment_object_id text,
    order_ref text,
    event bytea NOT NULL,
    resolution smallint NOT NULL,
    reason text NOT NULL,
    missing_fields text[] NOT NULL,
    first_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL,
    matrix_version text NOT NULL,
    received_at timestamptz NOT NULL,
    resolved_at timestamptz NOT NULL,
    CONSTRAINT payment_events_pk PRIMARY KEY (provider_event_id, account, provider, tenant_id),
    CONSTRAINT payment_events_number UNIQUE (event_number, tenant_id),
    CONSTRAINT payment_events_resolution CHECK (resolution IN (1, 2, 3)),
    CONSTRAINT payment_events_action_moves CHECK (resolution <> 1 OR first_sequence > 0)
);
CREATE INDEX payment_events_order ON payment_events (order_ref, tenant_id, event_number) WHERE order_ref IS NOT NULL;
CREATE INDEX payment_events_payment ON payment_events (payment_object_id, tenant_id, event_number) WHERE payment_object_id IS NOT NULL;
CREATE INDEX payment_events_held ON payment_events (event_number, tenant_id) WHERE resolution = 3;

-- Each further delivery of an event that was recorded before: a no-op, kept because providers are asked about them.
CREATE TABLE payment_event_deliveries (
    provider_event_id text NOT NULL,
    account text NOT NULL,
    provider text NOT NULL,
    tenant_id text NOT NULL,
    idempotency_key text NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT payment_event_deliveries_pk PRIMARY KEY (provider_event_id, account, provider, idempotency_key, tenant_id)
);

-- The orders that payment events, and reservations of orders with payments, touch. event_*: orders and payments of
-- payment events. reserving_*: orders that a checkout reserves; they matter only where a payment of theirs is known
-- already. Three reads of PaymentContextRead begin with this, so it has one place. Inlined by the planner: plain SQL, stable, not strict.
-- Every look-up is a LATERAL with OFFSET 0: the planner may then neither turn the join around nor merge it. With the small
-- tables of a first day it would read a whole index and keep that plan when the tables have grown.
CREATE FUNCTION touched_orders(
    event_orders text[], event_order_tenants text[],
    event_payments text[], event_payment_tenants text[],
    reserving_orders text[], reserving_payments text[], reserving_tenants text[])
RETURNS TABLE (order_ref text, tenant_id text)
LANGUAGE sql STABLE
AS $$
    SELECT o.order_ref, o.tenant_id
    FROM unnest(event_orders, event_order_tenants) AS o (order_ref, tenant_id)
    UNION
    SELECT found.order_ref, e.tenant_id
    FROM unnest(event_payments, event_payment_tenants) AS e (payment_object_id, tenant_id)
    CROSS JOIN LATERAL (
        SELECT p.order_ref FROM payments p
        WHERE p.payment_object_id = e.payment_object_id AND p.tenant_id = e.tenant_id AND p.order_ref IS NOT NULL
        OFFSET 0
    ) AS found
    UNION
    SELECT found.order_ref, e.tenant_id
    FROM unnest(event_payments, event_payment_tenants) AS e (payment_object_id, tenant_id)
    CROSS JOIN LATERAL (
        SELECT r.order_ref FROM reservations r
        WHERE r.payment_object_id = e.payment_object_id AND r.tenant_id = e.tenant_id
        OFFSET 0
    ) AS found
    UNION
    SELECT w.order_ref, w.tenant_id
    FROM unnest(reserving_orders, reserving_tenants) AS w (order_ref, tenant_id)
    CROSS JOIN LATERAL (
        SELECT 1 FROM payments p
        WHERE p.order_ref = w.order_ref AND p.tenant_id = w.tenant_id
        OFFSET 0
    ) AS found
    UNION
    SELECT w.order_ref, w.tenant_id
    FROM unnest(reserving_orders, reserving_payments, reserving_tenants) AS w (order_ref, payment_object_id, tenant_id)
    CROSS JOIN LATERAL (
        SELECT 1 FROM payments p
        WHERE p.payment_object_id = w.payment_object_id AND p.tenant_id = w.tenant_id
        OFFSET 0
    ) AS found
$$;
