-- What was turned away, counted by account, reason and hour. One row for each of these, a sample of at most 256 bytes
-- and a cap on rows, because anyone on the internet can cause rejections and none of them may fill the disk.
CREATE TABLE webhook_rejections (
    account text NOT NULL,
    reason text NOT NULL,
    hour_at timestamptz NOT NULL,
    tenant_id text NOT NULL,
    provider text NOT NULL,
    rejection_count bigint NOT NULL,
    sample bytea NOT NULL,
    CONSTRAINT webhook_rejections_pk PRIMARY KEY (account, reason, hour_at, provider, tenant_id),
    CONSTRAINT webhook_rejections_count_range CHECK (rejection_count > 0),
    CONSTRAINT webhook_rejections_sample_size CHECK (octet_length(sample) <= 256)
);

CREATE INDEX webhook_rejections_hour ON webhook_rejections (hour_at);
