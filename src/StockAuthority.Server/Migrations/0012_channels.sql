-- Channels that show levels. Connectors keep no state: which instance works, how far a channel is rolled out, what it is asked to do
-- and who changed it is here.
CREATE TABLE channels (
    channel_id text NOT NULL,
    tenant_id text NOT NULL,
    -- Grows with each change of hands; what an acknowledgement is compared with.
    fencing_number bigint NOT NULL,
    -- stockauthority.changefeed.v1.RegisteredChannel without what is computed when it is read. Always read and written as a whole.
    state bytea NOT NULL,
    CONSTRAINT channels_pk PRIMARY KEY (channel_id, tenant_id),
    CONSTRAINT channels_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
    CONSTRAINT channels_fencing CHECK (fencing_number >= 0)
) WITH (fillfactor = 50);

-- How connectors did. Kept for 8 days: a checkpoint looks back 7 at most.
CREATE TABLE channel_reports (
    channel_id text NOT NULL,
    tenant_id text NOT NULL,
    fencing_number bigint NOT NULL,
    report_number bigint NOT NULL,
    -- Null where the reporter worked under another version of the channel than there was: it counts for no checkpoint.
    channel_version bigint,
    received_at timestamptz NOT NULL,
    duration interval NOT NULL,
    push_count bigint NOT NULL,
    error_count bigint NOT NULL,
    retry_count bigint NOT NULL,
    visible_count bigint NOT NULL,
    late_count bigint NOT NULL,
    refused_count bigint NOT NULL,
    compared_count bigint NOT NULL,
    drift_count bigint NOT NULL,
    CONSTRAINT channel_reports_pk PRIMARY KEY (channel_id, fencing_number, report_number, tenant_id),
    CONSTRAINT channel_reports_channel_fk FOREIGN KEY (channel_id, tenant_id) REFERENCES channels (channel_id, tenant_id),
    CONSTRAINT channel_reports_parts CHECK (error_count BETWEEN 0 AND push_count AND late_count BETWEEN 0 AND visible_count AND drift_count BETWEEN 0 AND compared_count)
);
CREATE INDEX channel_reports_received ON channel_reports (channel_id, received_at, tenant_id);

-- Who did what to a channel. Append only.
CREATE TABLE channel_events (
    channel_id text NOT NULL,
    tenant_id text NOT NULL,
    event_number bigint NOT NULL,
    action smallint NOT NULL,
    actor text NOT NULL,
    happened_at timestamptz NOT NULL,
    comment text NOT NULL,
    detail text NOT NULL,
    idempotency_key text,
    fingerprint bytea,
    CONSTRAINT channel_events_pk PRIMARY KEY (channel_id, event_number, tenant_id),
    CONSTRAINT channel_events_key UNIQUE (idempotency_key, channel_id, tenant_id),
    CONSTRAINT channel_events_channel_fk FOREIGN KEY (channel_id, tenant_id) REFERENCES channels (channel_id, tenant_id),
    CONSTRAINT channel_events_fingerprint CHECK ((idempotency_key IS NULL) = (fingerprint IS NULL))
);

-- Which payment events an acknowledgement makes visible: what the time from a payment to the channel is measured by.
CREATE INDEX payment_events_visible ON payment_events (last_sequence, tenant_id) WHERE resolution = 1;
