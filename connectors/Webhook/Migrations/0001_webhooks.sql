-- Messages for the subscribers of outgoing webhooks. They are committed here before the feed is acknowledged, and sent from
-- here, each subscriber at its own pace: a crash between the two loses nothing, and one that is away holds up no other.
CREATE TABLE webhooks.subscriptions (
    subscriber text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    disabled_at timestamptz,
    disabled_reason text,
    -- The first failure since the last success: what the five days are counted from.
    failing_since timestamptz,
    consecutive_failures integer NOT NULL DEFAULT 0,
    last_success_at timestamptz,
    -- Nothing is sent before: it asked for fewer requests, or did not answer.
    paused_until timestamptz,
    CONSTRAINT subscriptions_pk PRIMARY KEY (subscriber),
    CONSTRAINT subscriptions_subscriber_length CHECK (char_length(subscriber) BETWEEN 1 AND 128),
    CONSTRAINT subscriptions_disabled_has_reason CHECK (enabled = (disabled_at IS NULL) AND enabled = (disabled_reason IS NULL)),
    CONSTRAINT subscriptions_consecutive_failures_range CHECK (consecutive_failures >= 0)
);

-- The newest version of each level that a subscriber was promised and was given. Outlives the messages: without it a feed that
-- is read again would send an older version after a newer one.
CREATE TABLE webhooks.level_versions (
    subscriber text NOT NULL,
    tenant_id text NOT NULL,
    sku text NOT NULL,
    location_id text NOT NULL,
    stored_version bigint NOT NULL,
    available bigint NOT NULL,
    stored_at timestamptz NOT NULL,
    delivered_version bigint NOT NULL DEFAULT 0,
    CONSTRAINT level_versions_pk PRIMARY KEY (subscriber, tenant_id, sku, location_id),
    CONSTRAINT level_versions_subscriber_fk FOREIGN KEY (subscriber) REFERENCES webhooks.subscriptions (subscriber),
    CONSTRAINT level_versions_delivered_was_stored CHECK (delivered_version <= stored_version)
);

CREATE TABLE webhooks.messages (
    message_id text NOT NULL,
    -- In the order of storing: says what lies between two messages.
    message_number bigint GENERATED ALWAYS AS IDENTITY,
    subscriber text NOT NULL,
    event_type text NOT NULL,
    tenant_id text NOT NULL,
    sku text NOT NULL,
    location_id text NOT NULL,
    version bigint NOT NULL,
    sequence bigint NOT NULL,
    -- The exact bytes that are signed and sent.
    body bytea NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    stored_at timestamptz NOT NULL,
    -- When it may be claimed next. Claiming moves it to the end of a lease, so no transaction stays open during a request.
    due_at timestamptz NOT NULL,
    leased_until timestamptz,
    attempt_count integer NOT NULL DEFAULT 0,
    first_attempt_at timestamptz,
    last_attempt_at timestamptz,
    last_status integer,
    last_error text,
    response_excerpt text,
    finished_at timestamptz,
    CONSTRAINT messages_pk PRIMARY KEY (message_id),
    CONSTRAINT messages_subscriber_fk FOREIGN KEY (subscriber) REFERENCES webhooks.subscriptions (subscriber),
    -- A full stop in the id would let one signed text be read as another.
    CONSTRAINT messages_message_id_form CHECK (message_id ~ '^msg_[0-9a-f]{32}$'),
    CONSTRAINT messages_status_known CHECK (status IN ('pending', 'delivered', 'superseded', 'failed')),
    CONSTRAINT messages_finished_once CHECK ((status = 'pending') = (finished_at IS NULL)),
    CONSTRAINT messages_version_range CHECK (version > 0),
    CONSTRAINT messages_attempt_count_range CHECK (attempt_count >= 0),
    CONSTRAINT messages_body_size CHECK (octet_length(body) <= 20480),
    CONSTRAINT messages_response_excerpt_length CHECK (char_length(response_excerpt) <= 1024)
);

CREATE INDEX messages_due ON webhooks.messages (subscriber, due_at) WHERE status = 'pending';

CREATE INDEX messages_pending_level ON webhooks.messages (subscriber, tenant_id, sku, location_id) WHERE status = 'pending';

CREATE INDEX messages_finished ON webhooks.messages (finished_at) WHERE status <> 'pending';

CREATE UNIQUE INDEX messages_number ON webhooks.messages (message_number);
