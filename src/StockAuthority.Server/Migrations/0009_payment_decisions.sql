-- Where an order was before and after each decision, and the earlier decisions of events that were judged again.
-- prior_state, resulting_state: OrderState messages; null for what was decided before this. decision_number: how many decisions
-- there were of the event; those before the last are in payment_event_decisions.
ALTER TABLE payment_events
    ADD COLUMN prior_state bytea,
    ADD COLUMN resulting_state bytea,
    ADD COLUMN decision_number bigint NOT NULL DEFAULT 1;

CREATE TABLE payment_event_decisions (
    provider_event_id text NOT NULL,
    account text NOT NULL,
    provider text NOT NULL,
    tenant_id text NOT NULL,
    decision_number bigint NOT NULL,
    resolution smallint NOT NULL,
    reason text NOT NULL,
    missing_fields text[] NOT NULL,
    order_ref text,
    first_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL,
    matrix_version text NOT NULL,
    prior_state bytea,
    resulting_state bytea,
    resolved_at timestamptz NOT NULL,
    CONSTRAINT payment_event_decisions_pk PRIMARY KEY (provider_event_id, account, provider, decision_number, tenant_id),
    CONSTRAINT payment_event_decisions_resolution CHECK (resolution IN (1, 2, 3)),
    CONSTRAINT payment_event_decisions_action_moves CHECK (resolution <> 1 OR first_sequence > 0)
);

-- Events that wait for a location: looked for when one is registered, or its units begin to be promised.
CREATE INDEX payment_events_location_held ON payment_events (tenant_id, event_number)
    WHERE resolution = 3 AND reason IN ('UNKNOWN_LOCATION', 'LOCATION_NOT_SELLABLE');
ALTER TABLE locations
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX locations_changed ON locations (changed_at);

-- Returns by their documents, so that one which is reported by a call and by an event is one. by_call, by_event: who has reported
-- it. return_number: the sequence of its first movement. lines: [{"sku","location_id","quantity"}, ...].
CREATE TABLE returns (
    document_ref text NOT NULL,
    order_ref text NOT NULL,
    return_number bigint NOT NULL,
    tenant_id text NOT NULL,
    lines jsonb NOT NULL,
    by_call boolean NOT NULL,
    by_event boolean NOT NULL,
    CONSTRAINT returns_pk PRIMARY KEY (document_ref, order_ref, return_number, tenant_id),
    CONSTRAINT returns_reported CHECK (by_call OR by_event),
    CONSTRAINT returns_lines CHECK (jsonb_typeof(lines) = 'array')
);
