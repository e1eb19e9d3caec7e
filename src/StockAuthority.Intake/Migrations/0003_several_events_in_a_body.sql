-- Adyen's bodies are lists of events, each with its own signature and its own verdict: one row for each, with the whole
-- body as it came and the event's position in it. Nor does Adyen sign a time.
ALTER TABLE inbox
    ADD COLUMN item_position integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT inbox_item_position_range CHECK (item_position >= 0),
    -- Each replay of a finished row is a request of its own, so it is a part of the idempotency key.
    ADD COLUMN replay_count integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT inbox_replay_count_range CHECK (replay_count >= 0),
    ALTER COLUMN signed_at DROP NOT NULL;
