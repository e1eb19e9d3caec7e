-- Transfers: what is on its way from one location to another, and what became of it. The journal has their movements; the
-- table says how much of which transfer may still arrive where, and keeps closed ones so that an id is used once.
-- lines: [{"sku","quantity","received","lost"}, ...], in the row as a reservation's are.
CREATE TABLE transfers (
    transfer_id text NOT NULL,
    tenant_id text NOT NULL,
    from_location_id text NOT NULL,
    to_location_id text NOT NULL,
    lines jsonb NOT NULL,
    dispatched_at timestamptz NOT NULL,
    closed_at timestamptz,
    CONSTRAINT transfers_pk PRIMARY KEY (transfer_id, tenant_id),
    CONSTRAINT transfers_from_location_fk FOREIGN KEY (from_location_id, tenant_id) REFERENCES locations (location_id, tenant_id),
    CONSTRAINT transfers_to_location_fk FOREIGN KEY (to_location_id, tenant_id) REFERENCES locations (location_id, tenant_id),
    CONSTRAINT transfers_locations CHECK (from_location_id <> to_location_id),
    CONSTRAINT transfers_lines CHECK (jsonb_typeof(lines) = 'array')
) WITH (fillfactor = 80);
