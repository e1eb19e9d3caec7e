namespace StockAuthority.Server.Exceptions;

/// <summary>How cases are read.</summary>
internal static class CaseReads
{
    // The three lists share their parameters and all but what they walk along. $4 cases are looked at, $5 of them are given; $6 to $12
    // filter. How many were looked at, and the last of them, come with each row, and alone where nothing was found.
    private const string Matches =
        """
        (($6 = 0 AND status <> 3) OR status = $6)
          AND ($7 = 0 OR kind = $7)
          AND ($8::text IS NULL OR owner_lane = $8)
          AND ($9::text IS NULL OR assignee = $9)
          AND ($10::text IS NULL OR channel = $10)
          AND (NOT $12 OR replay_requested_at IS NOT NULL)
        """;

    private const string Page =
        $"""
        , scanned AS (
            SELECT count(*) AS count, max(due_at) AS due_at, (array_agg(case_id ORDER BY due_at DESC, case_id DESC))[1] AS case_id FROM looked_at
        ), found AS (
            SELECT * FROM looked_at WHERE {Matches} ORDER BY due_at, case_id LIMIT $5
        )
        SELECT scanned.count, scanned.due_at, scanned.case_id, {ExceptionCaseRow.Columns}
        FROM scanned
        LEFT JOIN found AS c ON true
        WHERE scanned.count > 0
        ORDER BY c.due_at, c.case_id
        """;

    /// <summary>Those that are not resolved.</summary>
    public const string ListOpenSql =
        $"""
        WITH looked_at AS (
            SELECT * FROM exception_cases
            WHERE tenant_id = $1 AND (due_at, case_id) > ($2, $3) AND status <> 3 AND ($11::timestamptz IS NULL OR due_at < $11)
            ORDER BY due_at, case_id
            LIMIT $4
        ){Page}
        """;

    public const string ListSql =
        $"""
        WITH looked_at AS (
            SELECT * FROM exception_cases
            WHERE tenant_id = $1 AND (due_at, case_id) > ($2, $3) AND ($11::timestamptz IS NULL OR due_at < $11)
            ORDER BY due_at, case_id
            LIMIT $4
        ){Page}
        """;

    public const string ListOfOrderSql =
        $"""
        WITH looked_at AS (
            SELECT * FROM exception_cases
            WHERE order_ref = $13 AND tenant_id = $1 AND (due_at, case_id) > ($2, $3) AND ($11::timestamptz IS NULL OR due_at < $11)
            ORDER BY due_at, case_id
            LIMIT $4
        ){Page}
        """;

    public const string GetSql = $"SELECT {ExceptionCaseRow.Columns}, c.stock_snapshot, c.evidence FROM exception_cases c WHERE c.case_id = $1 AND c.tenant_id = $2";

    public const string GetSeveralSql =
        $"""
        SELECT {ExceptionCaseRow.Columns}
        FROM unnest($1::text[]) AS wanted (case_id)
        CROSS JOIN LATERAL (
            SELECT * FROM exception_cases WHERE exception_cases.case_id = wanted.case_id AND exception_cases.tenant_id = $2
            OFFSET 0
        ) AS c
        """;

    public const string EventSql =
        """
        SELECT event FROM payment_events
        WHERE provider_event_id = $1 AND account = $2 AND provider = $3 AND tenant_id = $4
        """;

    public const string HistorySql =
        """
        SELECT entry_number, action, actor, entered_at, comment, idempotency_key, provider_event_id
        FROM exception_entries
        WHERE case_id = $1 AND tenant_id = $2
        ORDER BY entry_number
        LIMIT $3
        """;
}
