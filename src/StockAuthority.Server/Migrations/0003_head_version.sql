-- A lane that remembers what it wrote last decides from memory and writes in one round trip. The head's version counts the
-- batches that wrote anything of the tenant; a batch advances it from the version that it knew. Where the head has moved
-- meanwhile, the write makes it -1, which the constraint refuses, and with it the whole batch.
-- last_recorded_at: no later movement has an earlier time, even where servers' clocks differ.
ALTER TABLE tenants
    ADD COLUMN head_version bigint NOT NULL DEFAULT 0,
    ADD COLUMN last_recorded_at timestamptz NOT NULL DEFAULT 'epoch',
    ADD CONSTRAINT tenants_head_version CHECK (head_version >= 0);

UPDATE tenants AS t
SET last_recorded_at = m.recorded_at
FROM movements m
WHERE m.tenant_id = t.tenant_id AND m.sequence = t.last_sequence;
