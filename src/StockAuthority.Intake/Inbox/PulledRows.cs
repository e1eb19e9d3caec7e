using Npgsql;

namespace StockAuthority.Intake.Inbox;

/// <summary>Puts into the inbox what was asked for and did not come by itself: listed events, and the lines of reports.</summary>
internal static class PulledRows
{
    // What is there already by its id is left alone. In one order, so that two of them cannot deadlock.
    private const string InsertSql =
        """
        WITH inserted AS (
            INSERT INTO inbox (inbox_id, tenant_id, provider, account, received_at, verdict, due_at, event_id)
            SELECT pulled.inbox_id, $3, $2, $1, $4, 'pulled', $4, pulled.event_id
            FROM unnest($5, $6) AS pulled (inbox_id, event_id)
            WHERE NOT EXISTS (
                SELECT 1 FROM inbox AS known
                WHERE known.event_id = pulled.event_id AND known.account = $1 AND known.provider = $2 AND known.tenant_id = $3)
            ORDER BY pulled.event_id
            ON CONFLICT (event_id, account, provider, tenant_id) WHERE verdict = 'pulled' DO NOTHING
            RETURNING inbox_id
        )
        INSERT INTO inbox_bodies (inbox_id, tenant_id, headers, body)
        SELECT pulled.inbox_id, $3, '{}', pulled.body
        FROM unnest($5, $7) AS pulled (inbox_id, body)
        JOIN inserted ON inserted.inbox_id = pulled.inbox_id
        """;

    public static NpgsqlCommand Insert(NpgsqlConnection connection, NpgsqlTransaction transaction, PulledAccount account, IReadOnlyList<PulledEvent> events, DateTimeOffset now) =>
        new(InsertSql, connection, transaction)
        {
            Parameters =
            {
                new() { Value = account.Account },
                new() { Value = account.Provider },
                new() { Value = account.TenantId },
                new() { Value = now },
                new() { Value = events.Select(_ => Guid.CreateVersion7(now)).ToArray() },
                new() { Value = events.Select(each => each.Id).ToArray() },
                new() { Value = events.Select(each => each.Body).ToArray() },
            },
        };
}
