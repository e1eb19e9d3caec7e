using System.Text.Json;
using Npgsql;
using Shouldly;
using StockAuthority.Inventory.V1;
using Xunit;
using static StockAuthority.Cli.Tests.Shop;

namespace StockAuthority.Cli.Tests.Verify;

/// <summary>The built program, on a ledger that a real server wrote.</summary>
public sealed class VerifyTests(Shop shop) : IClassFixture<Shop>
{
    [Fact]
    public async Task A_good_ledger_verifies_and_json_says_what_was_looked_at()
    {
        var (exitCode, result) = await Stockctl.VerifyAsync(shop, await shop.TradeAsync());

        exitCode.ShouldBe(0, result.ToString());
        result.EnumerateObject().Select(property => property.Name)
            .ShouldBe(["status", "tenants", "movements", "levels", "reservations", "seconds", "problems"]);
        result.GetProperty("status").GetString().ShouldBe("good");
        result.GetProperty("tenants").GetInt32().ShouldBe(1);
        result.GetProperty("movements").GetInt64().ShouldBe(15);
        result.GetProperty("levels").GetInt64().ShouldBe(2);
        result.GetProperty("reservations").GetInt64().ShouldBe(3);
        result.GetProperty("problems").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData(
        "an edited movement",
        "UPDATE movements SET quantity = quantity + 1 WHERE tenant_id = $1 AND sequence = 3",
        "broken_hash", "movements", "sequence 3", "hash ", "hash ")]
    [InlineData(
        "another time of occurrence",
        "UPDATE movements SET occurred_at = occurred_at + interval '1 microsecond' WHERE tenant_id = $1 AND sequence = 9",
        "broken_hash", "movements", "sequence 9", "hash ", "hash ")]
    [InlineData(
        "a time of occurrence that nobody reported",
        "UPDATE movements SET occurred_at = now() WHERE tenant_id = $1 AND sequence = 3",
        "broken_hash", "movements", "sequence 3", "hash ", "hash ")]
    [InlineData(
        "a removed time of occurrence",
        "UPDATE movements SET occurred_at = NULL WHERE tenant_id = $1 AND sequence = 8 AND occurred_at IS NOT NULL",
        "broken_hash", "movements", "sequence 8", "hash ", "hash ")]
    [InlineData(
        "a deleted movement",
        "DELETE FROM movements WHERE tenant_id = $1 AND sequence = 4",
        "missing_movement", "movements", "sequence 4", "a movement", "sequence 5 next")]
    [InlineData(
        "the last movement deleted",
        "DELETE FROM movements WHERE tenant_id = $1 AND sequence = 15",
        "missing_movement", "movements", "sequence 15", "a movement", "no movement")]
    [InlineData(
        "two swapped movements",
        "UPDATE movements SET sequence = sequence + 1000 WHERE tenant_id = $1 AND sequence IN (5, 6);UPDATE movements SET sequence = 1011 - sequence WHERE tenant_id = $1 AND sequence > 1000",
        "broken_hash", "movements", "sequence 5", "hash ", "hash ")]
    [InlineData(
        "a movement that the head does not know",
        "UPDATE tenants SET last_sequence = last_sequence - 1 WHERE tenant_id = $1",
        "wrong_head", "tenants", "last_sequence", "15", "14")]
    [InlineData(
        "an edited hash of the head",
        "UPDATE tenants SET last_hash = sha256('') WHERE tenant_id = $1",
        "wrong_head", "tenants", "last_hash", "", "e3b0c44298fc1c14")]
    [InlineData(
        "an edited level",
        "UPDATE stock_levels SET available = available + 1 WHERE tenant_id = $1 AND sku = 'mug'",
        "wrong_level", "stock_levels", "mug at berlin", "available 90", "available 91")]
    [InlineData(
        "an edited version",
        "UPDATE stock_levels SET version = 1 WHERE tenant_id = $1 AND sku = 'tea'",
        "wrong_level", "stock_levels", "tea at berlin", "version 8", "version 1")]
    [InlineData(
        "a deleted level",
        "DELETE FROM stock_levels WHERE tenant_id = $1 AND sku = 'mug'",
        "wrong_level", "stock_levels", "mug at berlin", "available 90", "no row")]
    [InlineData(
        "a level that nothing explains",
        "INSERT INTO stock_levels SELECT 'gold', location_id, tenant_id, 7, 0, 0, 0, 0, 0, 0, 1, 1 FROM stock_levels WHERE tenant_id = $1 AND sku = 'mug'",
        "wrong_level", "stock_levels", "gold at berlin", "no row", "available 7")]
    [InlineData(
        "an edited reservation",
        "UPDATE reservations SET lines = jsonb_set(lines, '{0,reserved}', '4') WHERE tenant_id = $1 AND reservation_number = 14",
        "wrong_reservation", "reservations", "reservation 14, mug at berlin", "reserved 5, committed 0", "reserved 4, committed 0")]
    [InlineData(
        "a deleted reservation",
        "DELETE FROM reservations WHERE tenant_id = $1 AND reservation_number = 14",
        "wrong_reservation", "reservations", "reservation 14, ", "reserved ", "no such line")]
    [InlineData(
        "lines that cannot be",
        "UPDATE reservations SET lines = jsonb_set(lines, '{0,fulfilled}', '9') WHERE tenant_id = $1 AND reservation_number = 14",
        "wrong_reservation", "reservations", "reservation 14", "lines that can be", "mug at berlin: quantity 5, reserved 5, committed 0, fulfilled 9")]
    [InlineData(
        "a removed outcome",
        "DELETE FROM outcomes o USING movements m WHERE m.tenant_id = $1 AND m.sequence = 3 AND (o.idempotency_key, o.tenant_id) = (m.idempotency_key, m.tenant_id)",
        "missing_outcome", "outcomes", "key key-", "the outcome of sequence 3", "none")]
    [InlineData(
        "a reservation that would never expire",
        "UPDATE expiries SET reservation_numbers = array_remove(reservation_numbers, 14) WHERE tenant_id = $1",
        "missing_expiry", "expiries", "reservation 14", "named at 20", "not named there")]
    public async Task What_was_tampered_with_is_named(string what, string sql, string kind, string table, string row, string expected, string found)
    {
        var tenant = await shop.TradeAsync();
        foreach (var statement in sql.Split(';'))
        {
            await shop.TamperAsync(tenant, statement);
        }

        var (exitCode, result) = await Stockctl.VerifyAsync(shop, tenant);

        exitCode.ShouldBe(1, what);
        result.GetProperty("status").GetString().ShouldBe("bad");
        var first = result.GetProperty("first_problem");
        first.GetProperty("kind").GetString().ShouldBe(kind, result.ToString());
        first.GetProperty("table").GetString().ShouldBe(table);
        first.GetProperty("tenant_id").GetString().ShouldBe(tenant);
        first.GetProperty("row").GetString().ShouldNotBeNull().ShouldStartWith(row);
        first.GetProperty("expected").GetString().ShouldNotBeNull().ShouldStartWith(expected);
        first.GetProperty("found").GetString().ShouldNotBeNull().ShouldStartWith(found);
    }

    /// <summary>The sums of the level stay right: one reservation is given what is taken from another.</summary>
    [Theory]
    [InlineData("reserved")]
    [InlineData("committed")]
    public async Task Opposite_edits_of_two_reservations_are_named(string state)
    {
        var tenant = await shop.OpenAsync();
        foreach (var _ in Enumerable.Range(0, 3))
        {
            var reservation = await shop.ReserveAsync(tenant, null, Line(Mug, 6));
            await shop.Inventory.CommitAsync(new CommitRequest { TenantId = tenant, IdempotencyKey = New("key"), ReservationId = reservation, Lines = { Line(Mug, 2) } });
            await shop.Inventory.ReleaseAsync(new ReleaseRequest { TenantId = tenant, IdempotencyKey = New("key"), ReservationId = reservation, Lines = { Line(Mug, 2) } });
        }

        (await Stockctl.VerifyAsync(shop, tenant)).ExitCode.ShouldBe(0);
        var numbers = await shop.ReadAsync<long[]>(tenant, "SELECT array_agg(reservation_number ORDER BY reservation_number) FROM reservations WHERE tenant_id = $1");
        foreach (var (number, change) in new[] { (numbers[1], 1), (numbers[2], -1) })
        {
            await shop.TamperAsync(
                tenant,
                $$"""
                UPDATE reservations SET lines = jsonb_set(
                    jsonb_set(lines, '{0,{{state}}}', to_jsonb((lines -> 0 ->> '{{state}}')::bigint + {{change}})),
                    '{0,withdrawn}', to_jsonb((lines -> 0 ->> 'withdrawn')::bigint - {{change}}))
                WHERE tenant_id = $1 AND reservation_number = {{number}}
                """);
        }

        var (exitCode, result) = await Stockctl.VerifyAsync(shop, tenant);

        exitCode.ShouldBe(1);
        Counts(result).ShouldBe([("wrong_reservation", 1)]);
        var first = result.GetProperty("first_problem");
        first.GetProperty("row").GetString().ShouldBe($"reservation {numbers[1]}, mug at berlin");
        first.GetProperty("found").GetString().ShouldNotBeNull().ShouldContain($"{state} 3");
    }

    [Fact]
    public async Task Further_problems_are_counted_by_their_kind()
    {
        var tenant = await shop.TradeAsync();
        await shop.TamperAsync(tenant, "UPDATE movements SET document_ref = 'forged' WHERE tenant_id = $1 AND sequence IN (5, 6, 7)");
        await shop.TamperAsync(tenant, "UPDATE stock_levels SET damaged = 1 WHERE tenant_id = $1");

        var (_, result) = await Stockctl.VerifyAsync(shop, tenant);

        Counts(result).ShouldBe([("broken_hash", 3), ("wrong_level", 2)]);
    }

    [Theory]
    [InlineData("later", 3, 8)]
    [InlineData("right after, for another order", 3, 5)]
    public async Task A_repeated_key_is_named_although_the_chain_fits(string when, int first, int again)
    {
        var tenant = await shop.TradeAsync();
        await shop.TamperAsync(
            tenant,
            $"UPDATE movements SET idempotency_key = (SELECT idempotency_key FROM movements WHERE tenant_id = $1 AND sequence = {first}) WHERE tenant_id = $1 AND sequence = {again}");
        await Journal.ChainAgainAsync(shop, tenant);

        var (exitCode, result) = await Stockctl.VerifyAsync(shop, tenant);

        exitCode.ShouldBe(1, when);
        Counts(result).ShouldBe([("repeated_key", 1)]);
        result.GetProperty("first_problem").GetProperty("row").GetString().ShouldBe($"sequence {again}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_that_made_two_reservations_of_one_order_in_a_row_is_named_unless_payments_asked_for_more(bool isPaid)
    {
        var (tenant, order) = (await shop.OpenAsync(), New("order"));
        await shop.ReserveAsync(tenant, order, Line(Mug, 1));
        await shop.ReserveAsync(tenant, order, Line(Mug, 1));
        if (isPaid)
        {
            await shop.CaptureAsync(tenant, order, Line(Mug, 1));
        }

        await shop.TamperAsync(
            tenant,
            """
            UPDATE movements m SET idempotency_key = f.idempotency_key, recorded_at = f.recorded_at
            FROM movements f WHERE m.tenant_id = $1 AND m.sequence = 4 AND f.tenant_id = $1 AND f.sequence = 3
            """);
        await Journal.ChainAgainAsync(shop, tenant);

        var (_, result) = await Stockctl.VerifyAsync(shop, tenant);

        Counts(result).ShouldBe(isPaid ? [] : [("repeated_key", 1)]);
    }

    [Fact]
    public async Task Outcomes_past_their_retention_may_be_gone()
    {
        var tenant = await shop.TradeAsync();
        await shop.TamperAsync(tenant, "UPDATE movements SET recorded_at = recorded_at - interval '36 days' WHERE tenant_id = $1 AND sequence = 5");
        await shop.TamperAsync(
            tenant,
            "DELETE FROM outcomes o USING movements m WHERE m.tenant_id = $1 AND m.sequence = 5 AND (o.idempotency_key, o.tenant_id) = (m.idempotency_key, m.tenant_id)");
        await Journal.ChainAgainAsync(shop, tenant);

        var (exitCode, result) = await Stockctl.VerifyAsync(shop, tenant);

        exitCode.ShouldBe(0, result.ToString());
    }

    [Fact]
    public async Task People_are_told_the_first_bad_row_in_a_sentence()
    {
        var tenant = await shop.TradeAsync();
        await shop.TamperAsync(tenant, "UPDATE stock_levels SET available = 91 WHERE tenant_id = $1 AND sku = 'mug'");

        var (exitCode, output, _) = await Stockctl.RunAsync("verify", "--postgres", shop.Database.ConnectionString, "--tenant", tenant);

        exitCode.ShouldBe(1);
        output.ShouldStartWith($"The first bad row: stock_levels, tenant {tenant}, mug at berlin: expected available 90, found available 91.\nwrong level: 1,");
        output.ShouldContain("\nbad: 1 tenants, 15 movements");
    }

    [Fact]
    public async Task An_unreachable_database_is_one_sentence()
    {
        var (exitCode, output, error) = await Stockctl.RunAsync("verify", "--postgres", "Host=127.0.0.1;Port=1;Username=nobody;Password=secret");

        exitCode.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldStartWith("PostgreSQL at 127.0.0.1:1 cannot be reached: ");
        error.TrimEnd().ShouldNotContain('\n');
        error.ShouldNotContain("secret");
    }

    [Fact]
    public async Task An_unreachable_database_is_one_object_for_programs()
    {
        var (exitCode, output, _) = await Stockctl.RunAsync("verify", "--json", "--postgres", "Host=127.0.0.1;Port=1;Username=nobody");

        exitCode.ShouldBe(2);
        using var json = JsonDocument.Parse(output);
        json.RootElement.GetProperty("status").GetString().ShouldBe("could_not_run");
        json.RootElement.GetProperty("error").GetString().ShouldNotBeNull().ShouldContain("cannot be reached");
    }

    [Theory]
    [InlineData("--postgres is missing", "verify")]
    [InlineData("The connection string cannot be read", "verify", "--postgres", "nonsense")]
    [InlineData("Unrecognized command or argument 'nonsense'", "verify", "nonsense")]
    [InlineData("--retention-days must be between", "verify", "--retention-days", "0")]
    public async Task Bad_arguments_are_one_sentence(string sentence, params string[] arguments)
    {
        var (exitCode, output, error) = await Stockctl.RunAsync(arguments);

        (exitCode, output).ShouldBe((2, ""));
        error.ShouldStartWith(sentence);
        error.TrimEnd().ShouldNotContain('\n');
    }

    [Fact]
    public async Task An_unknown_tenant_and_a_database_without_a_ledger_are_one_sentence()
    {
        var (exitCode, _, error) = await Stockctl.RunAsync("verify", "--postgres", shop.Database.ConnectionString, "--tenant", "nobody");
        (exitCode, error.TrimEnd()).ShouldBe((2, "The ledger has no tenant nobody."));

        var empty = new NpgsqlConnectionStringBuilder(shop.Database.SuperuserConnectionString) { Database = "postgres" }.ConnectionString;
        (exitCode, _, error) = await Stockctl.RunAsync("verify", "--postgres", empty);
        (exitCode, error.TrimEnd()).ShouldBe((2, "This database holds no ledger of this version: relation \"movements\" does not exist."));
    }

    private static (string Kind, long Count)[] Counts(JsonElement result) =>
    [
        .. result.GetProperty("problems").EnumerateArray().Select(problem => (problem.GetProperty("kind").GetString()!, problem.GetProperty("count").GetInt64())),
    ];
}
