-- Exception cases: what people work on. Opened and closed by the transaction that finds the cause or mends it.
--
-- cause: what is wrong, the same text whenever it is found; one case is open for it. kind, status, disposition: the numbers of the
-- contract's enums. version: counts what people have to have seen before they change it; last_entry: the entries of its history.
-- stock_snapshot: an ExceptionDetails message with the levels when it was opened. evidence: an ExceptionEvidence message, what its
-- reporter saw last. The event itself is in payment_events.
-- observed_at: when its reporter saw it last, or saw that it is mended.
CREATE TABLE exception_cases (
    case_id text NOT NULL,
    tenant_id text NOT NULL,
    cause text NOT NULL,
    kind smallint NOT NULL,
    reason text NOT NULL,
    status smallint NOT NULL,
    version bigint NOT NULL,
    last_entry bigint NOT NULL,
    occurrences bigint NOT NULL,
    owner_lane text NOT NULL,
    exception_path text,
    assignee text,
    opened_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    resolved_at timestamptz,
    disposition smallint,
    channel text,
    order_ref text,
    reservation_numbers bigint[] NOT NULL,
    provider text,
    account text,
    payment_object_id text,
    provider_event_id text,
    dispute_id text,
    sku text,
    location_id text,
    reference text,
    missing_fields text[] NOT NULL,
    observed_at timestamptz,
    replay_requested_at timestamptz,
    stock_snapshot bytea NOT NULL,
    evidence bytea,
    CONSTRAINT exception_cases_pk PRIMARY KEY (case_id, tenant_id),
    CONSTRAINT exception_cases_status CHECK (status IN (1, 2, 3)),
    CONSTRAINT exception_cases_assigned CHECK (status = 3 OR (status = 2) = (assignee IS NOT NULL)),
    CONSTRAINT exception_cases_resolved CHECK ((status = 3) = (resolved_at IS NOT NULL) AND (status = 3) = (disposition IS NOT NULL)),
    CONSTRAINT exception_cases_counts CHECK (version > 0 AND last_entry > 0 AND occurrences > 0)
) WITH (fillfactor = 80);

-- At most one open case for a cause.
CREATE UNIQUE INDEX exception_cases_open_cause ON exception_cases (cause, tenant_id) WHERE status <> 3;

-- Reports that come late are told apart by the latest word that it was mended.
CREATE INDEX exception_cases_reported_cause ON exception_cases (cause, tenant_id, opened_at) WHERE kind >= 20;

-- Nothing on the write path reads by these, and lists read a range of one tenant: as with the journal (decision record 0003) the tenant leads.
CREATE INDEX exception_cases_open_due ON exception_cases (tenant_id, due_at, case_id) WHERE status <> 3;
CREATE INDEX exception_cases_due ON exception_cases (tenant_id, due_at, case_id);
CREATE INDEX exception_cases_order ON exception_cases (order_ref, tenant_id, due_at, case_id) WHERE order_ref IS NOT NULL;

-- Those that may be mended by what no command tells of: units that arrive, or an event that could not be read and now was.
CREATE INDEX exception_cases_swept ON exception_cases (case_id, tenant_id) WHERE status <> 3 AND kind IN (3, 4, 13);

-- What was done to a case; append only. actor: null for the authority itself.
CREATE TABLE exception_entries (
    case_id text NOT NULL,
    tenant_id text NOT NULL,
    entry_number bigint NOT NULL,
    action smallint NOT NULL,
    actor text,
    entered_at timestamptz NOT NULL,
    comment text NOT NULL,
    idempotency_key text,
    provider_event_id text,
    CONSTRAINT exception_entries_pk PRIMARY KEY (case_id, entry_number, tenant_id)
);
