using Shouldly;
using StockAuthority.Intake.Tests.Stripe;

namespace StockAuthority.Intake.Tests.Inbox;

public sealed class InboxRetentionTests(InboxDatabase databases)
{
    [Fact]
    public async Task Finished_rows_past_their_retention_go_and_pending_ones_stay_however_old()
    {
        var database = await databases.CreateAsync();
        await using (var before = await RunningIntake.StartAsync(database, authorityPort: 1))
        {
            for (var i = 0; i < 3; i++)
            {
                using var response = await before.PostSignedAsync(StripeBodies.Authorized($"evt_{i}"));
                response.EnsureSuccessStatusCode();
            }

            await before.ExecuteAsync(
                """
                CREATE FUNCTION pg_temp.aged(id uuid, age interval) RETURNS uuid LANGUAGE sql AS
                    $$ SELECT (lpad(to_hex((extract(epoch FROM now() - age) * 1000)::bigint), 12, '0') || substr(replace(id::text, '-', ''), 13))::uuid $$;
                UPDATE inbox SET inbox_id = pg_temp.aged(inbox_id, interval '36 days');
                UPDATE inbox_bodies SET inbox_id = pg_temp.aged(inbox_id, interval '36 days');
                UPDATE inbox SET status = 'refused', reason = 'TEST', finished_at = received_at
                WHERE inbox_id = (SELECT inbox_id FROM inbox ORDER BY inbox_id LIMIT 1);
                INSERT INTO inbox (inbox_id, tenant_id, provider, account, received_at, verdict, signed_at, secret_position, status, due_at, resolution, finished_at)
                SELECT pg_temp.aged(gen_random_uuid(), CASE WHEN n > 600 THEN interval '34 days' ELSE interval '36 days' END), 'tenant-1', 'stripe', 'shop', now(),
                    'signature_verified', now(), 0, 'dispatched', now(), 'NO_OP', now()
                FROM generate_series(1, 650) AS n;
                INSERT INTO inbox_bodies (inbox_id, tenant_id, headers, body) SELECT inbox_id, tenant_id, '{}', '' FROM inbox WHERE status = 'dispatched';
                """);
        }

        await using var after = await RunningIntake.StartAsync(database, authorityPort: 1);

        await after.EventuallyCountAsync("status <> 'pending'", 50);
        (await after.CountAsync("status = 'pending'")).ShouldBe(2);
        (await after.ReadAsync<long>("SELECT count(*) FROM inbox_bodies")).ShouldBe(52);
    }
}
