-- What has to be booked elsewhere for payments, and under which documents it was booked. Neither ever decides about stock.

ALTER TABLE tenants ADD COLUMN last_intent_number bigint NOT NULL DEFAULT 0;

-- intent_number: the tenant's own count, taken under the head's lock, so that whoever reads on after a number misses nothing.
-- sequence: the end of the journal when it was recorded. Inventory adjustments have no row: the journal says them already.
CREATE TABLE posting_intents (
    intent_number bigint NOT NULL,
    tenant_id text NOT NULL,
    ledger_action smallint NOT NULL,
    order_ref text,
    provider text NOT NULL,
    account text NOT NULL,
    payment_object_id text NOT NULL,
    modification_ref text NOT NULL,
    provider_event_id text NOT NULL,
    currency text,
    minor_units bigint,
    occurred_at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT posting_intents_pk PRIMARY KEY (intent_number, tenant_id),
    CONSTRAINT posting_intents_action CHECK (ledger_action BETWEEN 1 AND 10),
    CONSTRAINT posting_intents_amount CHECK ((currency IS NULL) = (minor_units IS NULL) AND minor_units >= 0)
);

-- quantities: [{"sku","location_id","quantity"}, ...].
CREATE TABLE postings (
    origin text NOT NULL,
    system text NOT NULL,
    tenant_id text NOT NULL,
    document_id text NOT NULL,
    posted_at timestamptz NOT NULL,
    currency text,
    minor_units bigint,
    quantities jsonb NOT NULL,
    order_ref text,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT postings_pk PRIMARY KEY (origin, system, tenant_id),
    CONSTRAINT postings_amount CHECK ((currency IS NULL) = (minor_units IS NULL))
);
CREATE INDEX postings_time ON postings (posted_at, origin, system, tenant_id);
CREATE INDEX postings_order ON postings (order_ref, tenant_id) WHERE order_ref IS NOT NULL;

CREATE TABLE posting_checkpoints (
    consumer text NOT NULL,
    tenant_id text NOT NULL,
    intent_number bigint NOT NULL,
    acknowledged_at timestamptz NOT NULL,
    CONSTRAINT posting_checkpoints_pk PRIMARY KEY (consumer, tenant_id),
    CONSTRAINT posting_checkpoints_number CHECK (intent_number >= 0)
) WITH (fillfactor = 50);
