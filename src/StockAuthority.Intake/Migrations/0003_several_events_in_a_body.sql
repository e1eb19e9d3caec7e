-- Adyen's bodies are lists of events, each with its own signature and its own verdict: one row for each, with the whole
-- body as it came and the event's position in it. Nor does Adyen sign a time.
ALTER TABLE inbox
    ADD COLUMN item_position integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT inbox_item_position_range CHECK (item_position >= 0),
    ALTER COLUMN signed_at DROP NOT NULL;
