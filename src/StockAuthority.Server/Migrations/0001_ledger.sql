-- The ledger: tenants with their heads, places, levels, the journal, reservations and stored outcomes.
--
-- Every key leads with its selective column and ends with the tenant: an index that leads with the tenant is scanned whole
-- by plans that were made while the tables were empty. Every key contains the tenant, so that the tables can be
-- distributed by it. CHECK constraints repeat what the decisions guarantee; they are never the first to notice.

-- Names this database: derived data elsewhere (the cache) must not survive a change of database.
CREATE TABLE database_identity (
    database_id uuid NOT NULL DEFAULT gen_random_uuid(),
    only_row boolean NOT NULL DEFAULT true,
    CONSTRAINT database_identity_pk PRIMARY KEY (only_row),
    CONSTRAINT database_identity_one_row CHECK (only_row)
);
INSERT INTO database_identity DEFAULT VALUES;

-- One row for each tenant; holding its lock is the right to append to the tenant's journal.
CREATE TABLE tenants (
    tenant_id text NOT NULL,
    display_name text NOT NULL,
    last_sequence bigint NOT NULL DEFAULT 0,
    last_hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    last_event_number bigint NOT NULL DEFAULT 0,
    CONSTRAINT tenants_pk PRIMARY KEY (tenant_id),
    CONSTRAINT tenants_last_sequence CHECK (last_sequence >= 0),
    CONSTRAINT tenants_last_hash CHECK (octet_length(last_hash) = 32)
) WITH (fillfactor = 10);

CREATE TABLE locations (
    location_id text NOT NULL,
    tenant_id text NOT NULL,
    display_name text NOT NULL,
    CONSTRAINT locations_pk PRIMARY KEY (location_id, tenant_id),
    CONSTRAINT locations_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id)
);

-- fillfactor 50 and no index on a quantity or version: updates stay on their page (HOT).
CREATE TABLE stock_levels (
    sku text NOT NULL,
    location_id text NOT NULL,
    tenant_id text NOT NULL,
    available bigint NOT NULL,
    reserved bigint NOT NULL,
    committed bigint NOT NULL,
    inspection bigint NOT NULL,
    damaged bigint NOT NULL,
    in_transit bigint NOT NULL,
    shortfall bigint NOT NULL,
    version bigint NOT NULL,
    sequence bigint NOT NULL,
    CONSTRAINT stock_levels_pk PRIMARY KEY (sku, location_id, tenant_id),
    CONSTRAINT stock_levels_location_fk FOREIGN KEY (location_id, tenant_id) REFERENCES locations (location_id, tenant_id),
    CONSTRAINT stock_levels_not_negative CHECK (
        available >= 0 AND reserved >= 0 AND committed >= 0 AND inspection >= 0 AND damaged >= 0 AND in_transit >= 0 AND shortfall >= 0),
    CONSTRAINT stock_levels_owed_not_promised CHECK (shortfall = 0 OR available = 0)
) WITH (fillfactor = 50);

-- The journal. Append only; what is recorded about a movement is what its hash covers.
CREATE TABLE movements (
    sequence bigint NOT NULL,
    tenant_id text NOT NULL,
    sku text NOT NULL,
    location_id text NOT NULL,
    from_state smallint NOT NULL,
    to_state smallint NOT NULL,
    quantity bigint NOT NULL,
    level_version bigint NOT NULL,
    available_after bigint NOT NULL,
    operation smallint NOT NULL,
    order_ref text,
    reservation_number bigint,
    document_ref text,
    reason smallint NOT NULL,
    idempotency_key text NOT NULL,
    recorded_at timestamptz NOT NULL,
    hash bytea NOT NULL,
    -- The one key that leads with the tenant: nothing on the write path reads the journal, and the feed reads it in ranges of
    -- one tenant, which a key that leads with the sequence would collect from the ranges of all (decision record 0003).
    CONSTRAINT movements_pk PRIMARY KEY (tenant_id, sequence),
    CONSTRAINT movements_quantity CHECK (quantity > 0),
    CONSTRAINT movements_states CHECK (from_state <> to_state),
    CONSTRAINT movements_hash CHECK (octet_length(hash) = 32)
);

-- lines: [{"sku","location_id","quantity","reserved","committed","fulfilled","withdrawn"}, ...]. In the row, not in a
-- table of their own: a reservation is read and written as a whole, and each further row and index entry of the hot
-- path costs as much again.
CREATE TABLE reservations (
    reservation_number bigint NOT NULL,
    tenant_id text NOT NULL,
    order_ref text NOT NULL,
    payment_object_id text,
    channel text,
    origin smallint NOT NULL,
    state smallint NOT NULL,
    lines jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    expire_at timestamptz NOT NULL,
    closed_at timestamptz,
    CONSTRAINT reservations_pk PRIMARY KEY (reservation_number, tenant_id),
    CONSTRAINT reservations_closed CHECK ((state IN (3, 4, 5)) = (closed_at IS NOT NULL)),
    CONSTRAINT reservations_lines CHECK (jsonb_typeof(lines) = 'array')
) WITH (fillfactor = 80);
CREATE INDEX reservations_order ON reservations (order_ref, tenant_id, reservation_number);
CREATE INDEX reservations_payment ON reservations (payment_object_id, tenant_id) WHERE payment_object_id IS NOT NULL;
CREATE INDEX reservations_expiry ON reservations (expire_at, tenant_id, reservation_number) WHERE state = 1;

-- What a key was answered, a refusal included: the same key with the same request gets it again.
-- answer_kind: 1 the operation's response message, 2 google.rpc.Status.
CREATE TABLE outcomes (
    idempotency_key text NOT NULL,
    tenant_id text NOT NULL,
    fingerprint bytea NOT NULL,
    answer_kind smallint NOT NULL,
    answer bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT outcomes_pk PRIMARY KEY (idempotency_key, tenant_id),
    CONSTRAINT outcomes_answer_kind CHECK (answer_kind IN (1, 2))
);

-- How far each named consumer of the change feed is.
CREATE TABLE feed_checkpoints (
    consumer text NOT NULL,
    tenant_id text NOT NULL,
    sequence bigint NOT NULL,
    acknowledged_at timestamptz NOT NULL,
    CONSTRAINT feed_checkpoints_pk PRIMARY KEY (consumer, tenant_id),
    CONSTRAINT feed_checkpoints_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
    CONSTRAINT feed_checkpoints_sequence CHECK (sequence >= 0)
) WITH (fillfactor = 50);
