-- When reservations expire, beside them instead of in an index of theirs: one row for all that a batch made with the same time
-- of expiry. Each Reserve paid for its index entry, and each Commit for three new ones, since an update that concerns any index
-- moves the row in all of them (decision record 0012).
--
-- A row may name reservations that are not active any more, or expire at another time by now; each active one is named by a row
-- with its time. Rows whose time has passed are removed by the sweep, once none of their reservations is held.
CREATE TABLE expiries (
    expire_at timestamptz NOT NULL,
    tenant_id text NOT NULL,
    reservation_numbers bigint[] NOT NULL
);
CREATE INDEX expiries_time ON expiries (expire_at, tenant_id);

INSERT INTO expiries (expire_at, tenant_id, reservation_numbers)
SELECT expire_at, tenant_id, ARRAY[reservation_number] FROM reservations WHERE state = 1;

DROP INDEX reservations_expiry;

-- From here on, lines leave out states that have no units: {"sku","location_id","quantity","reserved"} right after Reserve.
ALTER TABLE reservations SET (fillfactor = 90);
