-- Bodies are JSON of some kilobytes. PostgreSQL's own compression takes as long for one as the rest of its row; a server built without
-- LZ4 keeps it.
DO $$
BEGIN
    ALTER TABLE inbox ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION
    WHEN feature_not_supported THEN NULL;
END
$$;
