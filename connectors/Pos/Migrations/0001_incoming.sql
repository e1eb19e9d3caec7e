-- What happened at Square's tills. Webhooks are committed here before Square gets its 2xx, and changes before any of them is booked, so
-- that a crash between the two loses nothing and books nothing twice.
CREATE TABLE square.webhooks (
    event_id text NOT NULL,
    consumer text NOT NULL,
    tenant_id text NOT NULL,
    event_type text NOT NULL,
    -- The exact bytes that were signed.
    body bytea NOT NULL,
    received_at timestamptz NOT NULL,
    -- When Square's list of changes had been read after it. Until then it is a reason to read it.
    handled_at timestamptz,
    CONSTRAINT webhooks_pk PRIMARY KEY (event_id, consumer, tenant_id),
    CONSTRAINT webhooks_event_id_length CHECK (char_length(event_id) BETWEEN 1 AND 128),
    CONSTRAINT webhooks_body_size CHECK (octet_length(body) <= 1048576)
);

CREATE INDEX webhooks_unhandled ON square.webhooks (received_at) WHERE handled_at IS NULL;

CREATE INDEX webhooks_handled ON square.webhooks (handled_at) WHERE handled_at IS NOT NULL;

-- How far Square's list of changes has been read.
CREATE TABLE square.pulls (
    consumer text NOT NULL,
    tenant_id text NOT NULL,
    -- Changes from before are in the opening levels, and not booked.
    since_at timestamptz NOT NULL,
    -- By Square's clock: the latest change that was read.
    pulled_through_at timestamptz NOT NULL,
    CONSTRAINT pulls_pk PRIMARY KEY (consumer, tenant_id),
    CONSTRAINT pulls_since_first CHECK (since_at <= pulled_through_at)
);

-- Every change that somebody else than we made, each booked once: its key at the authority is made from its id.
CREATE TABLE square.changes (
    change_id text NOT NULL,
    consumer text NOT NULL,
    tenant_id text NOT NULL,
    change_type text NOT NULL,
    catalog_object_id text NOT NULL,
    location_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    -- As Square's list had it.
    body bytea NOT NULL,
    stored_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    -- BOOKED, why there was nothing to book, or why it could not be booked.
    reason text,
    due_at timestamptz NOT NULL,
    attempt_count integer NOT NULL DEFAULT 0,
    -- Each try after a refusal is a request of its own, so it is a part of the key: the authority repeats a refusal that it has given.
    retry_count integer NOT NULL DEFAULT 0,
    -- Commands of it that are done, where a later one was refused: they are not sent under another key.
    done_count integer NOT NULL DEFAULT 0,
    last_error text,
    finished_at timestamptz,
    CONSTRAINT changes_pk PRIMARY KEY (change_id, consumer, tenant_id),
    CONSTRAINT changes_change_id_length CHECK (char_length(change_id) BETWEEN 1 AND 100),
    CONSTRAINT changes_status_known CHECK (status IN ('pending', 'booked', 'nothing', 'refused')),
    CONSTRAINT changes_finished_once CHECK ((status = 'pending') = (finished_at IS NULL)),
    CONSTRAINT changes_finished_has_reason CHECK (status = 'pending' OR reason IS NOT NULL),
    CONSTRAINT changes_attempt_count_range CHECK (attempt_count >= 0 AND retry_count >= 0 AND done_count >= 0)
);

CREATE INDEX changes_due ON square.changes (due_at) WHERE status IN ('pending', 'refused');

CREATE INDEX changes_item ON square.changes (catalog_object_id, location_id, occurred_at);

CREATE INDEX changes_finished ON square.changes (finished_at) WHERE status IN ('booked', 'nothing');
