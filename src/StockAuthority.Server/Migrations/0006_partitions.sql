-- Movements become partitioned by time, so that old ones can be detached (decision record 0008).
--
-- Nothing is copied: the table as it is becomes the first partition, for everything up to the end of this month, and a scan
-- of it proves that. It has no lower bound, so that a server whose clock is behind finds a place too. Later partitions are a month each.
-- There is no default partition: with one, a partition could not be detached without locking out the writers.
ALTER TABLE movements RENAME TO movements_first;
ALTER TABLE movements_first RENAME CONSTRAINT movements_pk TO movements_first_pk;

-- The keys are the partitions' own, (tenant_id, sequence) in each: a key of the whole table would have to contain the time,
-- and would then let a sequence be used twice.
CREATE TABLE movements (LIKE movements_first INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (recorded_at);

-- from_at is included, until_at is not. is_detaching: a detachment that was interrupted and only has to be finished.
CREATE VIEW movement_partitions AS
SELECT c.relname::text AS partition_name,
       coalesce(substring(bound.text FROM 'FROM \(''([^'']+)''\)')::timestamptz, '-infinity') AS from_at,
       substring(bound.text FROM 'TO \(''([^'']+)''\)')::timestamptz AS until_at,
       i.inhdetachpending AS is_detaching
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid)) AS bound (text)
WHERE i.inhparent = 'movements'::regclass;

-- Adds the months that are missing between the last partition and a time; answers how many. Attached, not created as
-- partitions, because that does not lock out the writers. The lock is for replicas that do it at the same moment.
CREATE FUNCTION add_movement_partitions(needed_at timestamptz)
RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    starts_at timestamptz;
    ends_at timestamptz;
    partition_name text;
    added integer := 0;
BEGIN
    LOOP
        SELECT max(until_at) INTO starts_at FROM movement_partitions;
        EXIT WHEN starts_at > needed_at;
        IF added = 0 THEN
            PERFORM pg_advisory_xact_lock(7340212);
            SELECT max(until_at) INTO starts_at FROM movement_partitions;
            EXIT WHEN starts_at > needed_at;
        END IF;

        ends_at := (date_trunc('month', starts_at AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
        partition_name := 'movements_' || to_char(starts_at AT TIME ZONE 'UTC', 'YYYY_MM');
        EXECUTE format('CREATE TABLE %I (LIKE movements INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY (tenant_id, sequence)', partition_name, partition_name || '_pk');
        EXECUTE format('ALTER TABLE movements ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition_name, starts_at, ends_at);
        added := added + 1;
    END LOOP;

    RETURN added;
END
$$;

-- last_recorded_at is no earlier than any movement, so the first partition takes them all, whatever a clock once said.
DO $$
BEGIN
    EXECUTE format(
        'ALTER TABLE movements ATTACH PARTITION movements_first FOR VALUES FROM (MINVALUE) TO (%L)',
        (SELECT (date_trunc('month', greatest(now(), max(last_recorded_at)) AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC' FROM tenants));
END
$$;
SELECT add_movement_partitions(now() + interval '3 months');

-- Where a tenant's journal was cut: everything up to this sequence was verified, and then detached. All of them are kept,
-- as a detached partition is verified between two of them; sums only for the last. seal: SHA-256 over the checkpoint with its sums.
CREATE TABLE journal_checkpoints (
    sequence bigint NOT NULL,
    tenant_id text NOT NULL,
    hash bytea NOT NULL,
    seal bytea NOT NULL,
    partition_name text NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT journal_checkpoints_pk PRIMARY KEY (tenant_id, sequence),
    CONSTRAINT journal_checkpoints_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
    CONSTRAINT journal_checkpoints_sequence CHECK (sequence > 0),
    CONSTRAINT journal_checkpoints_hash CHECK (octet_length(hash) = 32),
    CONSTRAINT journal_checkpoints_seal CHECK (octet_length(seal) = 32)
);

-- The levels as the last checkpoint's movements left them. By sequence, which is another one for each level, so that the
-- cache's tail finds what was touched after its place.
CREATE TABLE journal_checkpoint_levels (
    sequence bigint NOT NULL,
    tenant_id text NOT NULL,
    sku text NOT NULL,
    location_id text NOT NULL,
    available bigint NOT NULL,
    reserved bigint NOT NULL,
    committed bigint NOT NULL,
    inspection bigint NOT NULL,
    damaged bigint NOT NULL,
    in_transit bigint NOT NULL,
    shortfall bigint NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT journal_checkpoint_levels_pk PRIMARY KEY (tenant_id, sequence)
);

-- What reservations held then; only those that held anything. Texts in the order of their bytes, as the seal takes them.
CREATE TABLE journal_checkpoint_reservations (
    reservation_number bigint NOT NULL,
    tenant_id text NOT NULL,
    sku text COLLATE "C" NOT NULL,
    location_id text COLLATE "C" NOT NULL,
    reserved bigint NOT NULL,
    committed bigint NOT NULL,
    CONSTRAINT journal_checkpoint_reservations_pk PRIMARY KEY (tenant_id, reservation_number, sku, location_id)
);
