-- Some events only name their object (Stripe's thin events): it is fetched, and what came is stored here before anything is
-- told to the authority, so that every later attempt translates the same bytes and makes the same request.
ALTER TABLE inbox
    ADD COLUMN completion bytea,
    -- Why it could not be fetched, once the attempts are used up: the event is then parked with it.
    ADD COLUMN completion_problem text,
    ADD CONSTRAINT inbox_completion_size CHECK (octet_length(completion) <= 2097152),
    ADD CONSTRAINT inbox_completion_or_problem CHECK (completion IS NULL OR completion_problem IS NULL);
