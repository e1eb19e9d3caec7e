-- An event can announce a report (a settlement): its lines become rows of their own, part by part, before the event itself is
-- told. The cursor says which part comes next, so that a report that was broken off is gone on with.
ALTER TABLE inbox
    ADD COLUMN report_cursor text,
    ADD COLUMN report_line_count bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT inbox_report_cursor_length CHECK (char_length(report_cursor) BETWEEN 1 AND 128),
    ADD CONSTRAINT inbox_report_line_count_range CHECK (report_line_count >= 0);
