-- What was received never changes; what becomes of it changes twice at least. Apart, a change copies some 200 bytes instead of the body, and the
-- bytes as they came are written once. Not bound by a foreign key, which would cost each webhook a look-up: both rows are written by one
-- transaction and deleted by one statement.
CREATE TABLE inbox_bodies (
    inbox_id uuid NOT NULL,
    tenant_id text NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT inbox_bodies_pk PRIMARY KEY (inbox_id, tenant_id),
    CONSTRAINT inbox_bodies_size CHECK (octet_length(body) <= 1048576)
);

DO $$
BEGIN
    ALTER TABLE inbox_bodies ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION
    WHEN feature_not_supported THEN NULL;
END
$$;

INSERT INTO inbox_bodies (inbox_id, tenant_id, headers, body)
SELECT inbox_id, tenant_id, headers, body FROM inbox;

ALTER TABLE inbox
    DROP COLUMN headers,
    DROP COLUMN body,
    -- Until when a dispatcher has the row. In no index, so that claiming it changes none.
    ADD COLUMN claimed_until timestamptz,
    -- Room for the versions that a claim and an answer make; what was fetched is kept out of them.
    SET (fillfactor = 50, toast_tuple_target = 512);

-- Ids begin with the time of receipt, so the primary key has that order already.
DROP INDEX inbox_received;
