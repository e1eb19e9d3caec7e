-- What never arrived as a webhook is pulled from the provider's own list of events, and stored like one.
ALTER TABLE inbox
    -- The provider's id of the event, where receiving could tell: whether a listed event is here already. Rows from before this
    -- have none, so their events may be pulled once more; the authority records those as duplicates.
    ADD COLUMN event_id text,
    ADD CONSTRAINT inbox_event_id_length CHECK (char_length(event_id) BETWEEN 1 AND 128),
    ALTER COLUMN secret_position DROP NOT NULL,
    DROP CONSTRAINT inbox_verdict_known,
    ADD CONSTRAINT inbox_verdict_known CHECK (verdict IN ('signature_verified', 'pulled')),
    -- What is pulled comes over TLS from the provider itself, and is not signed.
    ADD CONSTRAINT inbox_secret_of_signature CHECK ((verdict = 'signature_verified') = (secret_position IS NOT NULL));

CREATE INDEX inbox_event ON inbox (event_id, account, provider) WHERE event_id IS NOT NULL;

-- Two that pull the same at once do not see each other's rows.
CREATE UNIQUE INDEX inbox_pulled_once ON inbox (event_id, account, provider, tenant_id) WHERE verdict = 'pulled';

-- How far the events of an account have been pulled, and who is at it.
CREATE TABLE event_pulls (
    account text NOT NULL,
    provider text NOT NULL,
    tenant_id text NOT NULL,
    -- Events from before the account was set up here are not ours to act on.
    since_at timestamptz NOT NULL,
    -- All events of before are in the inbox.
    pulled_through_at timestamptz NOT NULL,
    undelivered_checked_at timestamptz,
    -- When the next run may begin. A run moves it ahead, page by page, so that one that was killed is followed by another's.
    due_at timestamptz NOT NULL,
    run_id uuid,
    CONSTRAINT event_pulls_pk PRIMARY KEY (account, provider, tenant_id),
    CONSTRAINT event_pulls_since_first CHECK (since_at <= pulled_through_at)
);
