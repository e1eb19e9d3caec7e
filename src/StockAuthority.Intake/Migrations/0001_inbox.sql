-- Every webhook with a good signature, as it came: stored and committed before the provider gets its 2xx, because
-- after that nobody sends it again. Dispatch to the authority works from here, so a crash between the two loses nothing.
-- Ids are made by the process (UUID version 7), not by a sequence: they become idempotency keys, and a sequence that
-- starts again after a restore would reuse them.
CREATE TABLE inbox (
    inbox_id uuid NOT NULL,
    tenant_id text NOT NULL,
    provider text NOT NULL,
    account text NOT NULL,
    received_at timestamptz NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    verdict text NOT NULL,
    signed_at timestamptz NOT NULL,
    -- Which of the account's signing secrets matched: says when an old one can be dropped.
    secret_position integer NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    -- When the row may be claimed next. Claiming moves it to the end of a lease, so no transaction stays open during a call.
    due_at timestamptz NOT NULL,
    attempt_count integer NOT NULL DEFAULT 0,
    last_error text,
    resolution text,
    reason text,
    finished_at timestamptz,
    CONSTRAINT inbox_pk PRIMARY KEY (inbox_id, tenant_id),
    CONSTRAINT inbox_tenant_id_length CHECK (char_length(tenant_id) BETWEEN 1 AND 128),
    CONSTRAINT inbox_account_length CHECK (char_length(account) BETWEEN 1 AND 128),
    CONSTRAINT inbox_body_size CHECK (octet_length(body) <= 1048576),
    CONSTRAINT inbox_verdict_known CHECK (verdict IN ('signature_verified')),
    CONSTRAINT inbox_secret_position_range CHECK (secret_position >= 0),
    CONSTRAINT inbox_status_known CHECK (status IN ('pending', 'dispatched', 'refused')),
    CONSTRAINT inbox_attempt_count_range CHECK (attempt_count >= 0),
    CONSTRAINT inbox_finished_once CHECK ((status = 'pending') = (finished_at IS NULL)),
    CONSTRAINT inbox_dispatched_has_resolution CHECK ((status = 'dispatched') = (resolution IS NOT NULL)),
    CONSTRAINT inbox_refused_has_reason CHECK (status <> 'refused' OR reason IS NOT NULL)
);

CREATE INDEX inbox_due ON inbox (due_at) WHERE status = 'pending';

CREATE INDEX inbox_received ON inbox (received_at);
