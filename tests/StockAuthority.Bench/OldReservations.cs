using Npgsql;

namespace StockAuthority.Bench;

/// <summary>
/// Reservations and answers of another tenant, as they are there after a long time: released ones, with keys and orders that are
/// spread over the indexes as real ones are. Written after the verification, as no movement tells of them.
/// </summary>
internal static class OldReservations
{
    private const string Tenant = "archive";
    private const long PerStep = 500_000;

    private const string TenantSql = "INSERT INTO tenants (tenant_id, display_name) VALUES ($1, $1)";

    private const string ReservationsSql =
        """
        INSERT INTO reservations (reservation_number, tenant_id, order_ref, origin, state, lines, created_at, expire_at, closed_at)
        SELECT number, $3, 'order-' || md5(number::text), 1, 4,
               jsonb_build_array(jsonb_build_object('sku', 'sku-' || number % 10000, 'location_id', 'warehouse-1', 'quantity', 1, 'withdrawn', 1)),
               now() - interval '1 day', now() + interval '6 days', now()
        FROM generate_series($1, $2) AS number
        """;

    private const string OutcomesSql =
        """
        INSERT INTO outcomes (idempotency_key, tenant_id, fingerprint, answer_kind, answer, recorded_at)
        SELECT 'reserve-' || md5(number::text), $3, decode(md5(number::text), 'hex'), 1, convert_to(repeat('answer ', 20), 'UTF8'), now()
        FROM generate_series($1, $2) AS number
        """;

    public static async Task WriteAsync(string connectionString, long count, TextWriter progress)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await RunAsync(TenantSql, Tenant);
        for (long from = 1; from <= count; from += PerStep)
        {
            var to = Math.Min(count, from + PerStep - 1);
            await RunAsync(ReservationsSql, from, to, Tenant);
            await RunAsync(OutcomesSql, from, to, Tenant);
            await progress.WriteLineAsync($"{to:N0} old reservations");
        }

        await RunAsync("VACUUM ANALYZE reservations");
        await RunAsync("VACUUM ANALYZE outcomes");

#pragma warning disable CA2100 // The constants above.
        async Task RunAsync(string sql, params object[] parameters)
        {
            await using var command = source.CreateCommand(sql);
            command.CommandTimeout = 0;
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = parameter });
            }

            await command.ExecuteNonQueryAsync();
        }
#pragma warning restore CA2100
    }
}
