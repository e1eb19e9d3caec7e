-- What kind of place a location is, whether units there can be reserved, and how long a tenant's reservations are held.
-- Lanes remember both together with the tenant's head, so whoever changes them advances head_version in the same transaction.
-- kind: the contract's LocationKind, 0 for none. A ttl that is null is the server's standard.
ALTER TABLE locations
    ADD COLUMN kind smallint NOT NULL DEFAULT 0,
    ADD COLUMN sellable boolean NOT NULL DEFAULT true;

ALTER TABLE tenants
    ADD COLUMN default_ttl interval,
    ADD COLUMN maximum_ttl interval,
    ADD CONSTRAINT tenants_default_ttl CHECK (default_ttl BETWEEN interval '1 minute' AND interval '90 days'),
    ADD CONSTRAINT tenants_maximum_ttl CHECK (maximum_ttl BETWEEN interval '1 minute' AND interval '90 days'),
    ADD CONSTRAINT tenants_ttls CHECK (default_ttl <= maximum_ttl);

-- When a movement happened, where whoever reports it says so: a till that was offline sends its backlog later. Its bytes follow
-- the others under the row's hash where it is there, so the hashes of rows without it stay what they are.
ALTER TABLE movements
    ADD COLUMN occurred_at timestamptz;
