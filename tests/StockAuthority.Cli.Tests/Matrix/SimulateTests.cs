using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using Xunit;
using static StockAuthority.Cli.Tests.Shop;

namespace StockAuthority.Cli.Tests.Matrix;

/// <summary><c>stockctl matrix simulate</c>: the built program, on the history that a real server wrote.</summary>
public sealed class SimulateTests(Shop shop) : IClassFixture<Shop>
{
    private const string ReadOnlyPassword = "reader-of-tests";

    [Fact]
    public async Task Under_the_matrix_that_decided_nothing_differs_whatever_the_shop_did()
    {
        var tenant = await HistoryAsync();

        var (exitCode, result) = await SimulateAsync(tenant, MatrixFiles.ReserveOnAuthorization);

        exitCode.ShouldBe(0, result.ToString());
        result.GetProperty("compared_orders").GetInt64().ShouldBe(result.GetProperty("orders").GetInt64(), result.ToString());
        result.GetProperty("orders").GetInt64().ShouldBe(9);
        result.GetProperty("differences").GetArrayLength().ShouldBe(0);
    }

    /// <summary>Amounts that add up, captures that are lost again, refunds in parts, returns by calls and by events, an event that is judged twice.</summary>
    [Fact]
    public async Task Nothing_differs_either_where_decisions_took_amounts_returns_and_what_came_later()
    {
        var tenant = await shop.OpenAsync();
        var (order, payment) = (New("order"), New("pi"));
        await ApplyAsync(tenant, Event(PaymentEventType.AuthCreated, payment, order, 100, Line(Mug, 2)));
        await ApplyAsync(tenant, Event(PaymentEventType.CaptureSucceeded, payment, order, 60), "part-a");
        await ApplyAsync(tenant, Event(PaymentEventType.CaptureSucceeded, payment, order, 40), "part-b");
        await ApplyAsync(tenant, Event(PaymentEventType.CaptureFailed, payment, order, 60), "part-a");

        (order, payment) = (New("order"), New("pi"));
        await ApplyAsync(tenant, Event(PaymentEventType.CaptureSucceeded, payment, order, 100, Line(Mug, 1)), fullAmount: true);
        await ApplyAsync(tenant, Event(PaymentEventType.RefundPosted, payment, order, 60), "refund-a");
        await ApplyAsync(tenant, Event(PaymentEventType.RefundPosted, payment, order, 40), "refund-b");

        (order, payment) = (New("order"), New("pi"));
        var reservation = await shop.ReserveAsync(tenant, order, Line(Tea, 2));
        await ApplyAsync(tenant, Event(PaymentEventType.CaptureSucceeded, payment, order, 100), fullAmount: true);
        await shop.Inventory.FulfillAsync(new FulfillRequest { TenantId = tenant, IdempotencyKey = New("key"), ReservationId = reservation, Lines = { Line(Tea, 2) } });
        await shop.Inventory.ReceiveReturnAsync(new ReceiveReturnRequest { TenantId = tenant, IdempotencyKey = New("key"), OrderRef = order, DocumentRef = "rma-called", Lines = { Line(Tea, 1) } });
        await ApplyAsync(tenant, Returned(order, "rma-called"));
        await ApplyAsync(tenant, Returned(order, "rma-told"));
        await shop.Inventory.ReceiveReturnAsync(new ReceiveReturnRequest { TenantId = tenant, IdempotencyKey = New("key"), OrderRef = order, DocumentRef = "rma-told", Lines = { Line(Tea, 1) } });

        var (exitCode, result) = await SimulateAsync(tenant, MatrixFiles.ReserveOnAuthorization);

        exitCode.ShouldBe(0, result.ToString());
        result.GetProperty("compared_orders").GetInt64().ShouldBe(3, result.ToString());
        (await shop.Payments.ListPaymentEventsAsync(new ListPaymentEventsRequest { TenantId = tenant })).PaymentEvents.Select(each => each.Reason).Order(StringComparer.Ordinal)
            .ShouldBe(["ALREADY_THERE", "CAPTURE_REVERSED", "COMMITTED", "COMMITTED", "PARTIAL_CAPTURE_WITHOUT_LINES", "REFUND_REVIEW", "REPORTING_ONLY", "RESERVED", "RETURNED", "SAME_FACT"]);

        static PaymentEvent Returned(string order, string document)
        {
            var returned = Event(PaymentEventType.ReturnReceived, New("pi"), order, 0, Line(Tea, 1));
            (returned.Amount, returned.DocumentRef) = (null, document);
            return returned;
        }
    }

    [Fact]
    public async Task Another_matrix_says_which_resolutions_would_differ()
    {
        var tenant = await HistoryAsync();

        var (exitCode, result) = await SimulateAsync(tenant, MatrixFiles.DeductAtSettlement);

        exitCode.ShouldBe(1, result.ToString());
        var differences = result.GetProperty("differences").EnumerateArray().ToDictionary(
            each => $"{each.GetProperty("from").GetString()} -> {each.GetProperty("to").GetString()}", each => each.GetProperty("count").GetInt64());
        differences.ShouldBe(
            new Dictionary<string, long>
            {
                ["ACTION COMMITTED -> NO_OP ALREADY_THERE"] = 3,
                ["ACTION COMMITTED -> ACTION RESERVED"] = 1,
                ["NO_OP REPORTING_ONLY -> ACTION COMMITTED"] = 1,
                ["HELD PAID_NOT_AVAILABLE -> HELD AUTHORIZED_NOT_AVAILABLE"] = 1,
            },
            ignoreOrder: true,
            result.ToString());
        result.GetProperty("examples").GetArrayLength().ShouldBe(6);
        var example = result.GetProperty("examples")[0];
        example.GetProperty("tenant_id").GetString().ShouldBe(tenant);
        example.GetProperty("event_type").GetString().ShouldBe("capture_succeeded");
    }

    [Fact]
    public async Task A_change_for_another_tenant_changes_nothing_here()
    {
        var tenant = await HistoryAsync();
        var candidate = await MatrixFiles.DraftAsync($"overrides: [{{name: other, tenants: [{New("other")}], events: [{Row("auth-created", "None")}]}}]\n");

        (await SimulateAsync(tenant, candidate)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_change_for_one_class_changes_only_orders_with_its_skus()
    {
        var tenant = await shop.OpenAsync();
        await ApplyAsync(tenant, PaymentEventType.AuthCreated, New("pi"), New("order"), Line(Mug, 1));
        await ApplyAsync(tenant, PaymentEventType.AuthCreated, New("pi"), New("order"), Line(Tea, 1));
        var candidate = await MatrixFiles.DraftAsync(
            $"sku_classes: [{{name: teas, skus: [{Tea}]}}]\noverrides: [{{name: teas, sku_classes: [teas], events: [{Row("auth-created", "None")}]}}]\n");

        var (exitCode, result) = await SimulateAsync(tenant, candidate);

        exitCode.ShouldBe(1);
        result.GetProperty("compared_orders").GetInt64().ShouldBe(2);
        result.GetProperty("differing_orders").GetInt64().ShouldBe(1);
        result.GetProperty("differences")[0].GetProperty("to").GetString().ShouldBe("NO_OP REPORTING_ONLY");
    }

    [Fact]
    public async Task What_was_decided_under_another_version_is_left_out_and_said_to_be()
    {
        var tenant = await HistoryAsync();

        var (exitCode, result) = await SimulateAsync(tenant, MatrixFiles.DeductAtSettlement, "--current", MatrixFiles.DeductAtSettlement);

        exitCode.ShouldBe(2);
        result.GetProperty("status").GetString().ShouldBe("nothing_compared");
        result.GetProperty("compared_orders").GetInt64().ShouldBe(0);
        result.GetProperty("left_out").GetProperty("other_version").GetInt64().ShouldBe(9);
        result.GetProperty("left_out").GetProperty("one_other_version").GetString()!.Length.ShouldBe(64);
    }

    [Fact]
    public async Task A_resolution_that_does_not_come_out_again_is_left_out_and_said_to_be()
    {
        var tenant = await shop.OpenAsync();
        await ApplyAsync(tenant, PaymentEventType.AuthCreated, New("pi"), New("order"), Line(Mug, 1));
        await shop.TamperAsync(tenant, "UPDATE payment_events SET reason = 'RELEASED' WHERE tenant_id = $1");

        var (exitCode, result) = await SimulateAsync(tenant, MatrixFiles.DeductAtSettlement);

        exitCode.ShouldBe(2);
        result.GetProperty("status").GetString().ShouldBe("nothing_compared");
        result.GetProperty("left_out").GetProperty("not_reproduced").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task It_goes_over_more_events_than_a_page_and_takes_each_order_once()
    {
        var tenant = await shop.OpenAsync();
        var orders = Enumerable.Range(0, 150).Select(_ => (Order: New("order"), Payment: New("pi"))).ToList();
        foreach (var (order, payment) in orders)
        {
            await ApplyAsync(tenant, PaymentEventType.AuthCreated, payment, order, Line("none-left", 1));
        }

        foreach (var (order, payment) in orders)
        {
            await ApplyAsync(tenant, PaymentEventType.AuthVoided, payment, order);
        }

        var (_, result) = await SimulateAsync(tenant, MatrixFiles.ReserveOnAuthorization);

        result.GetProperty("events").GetInt64().ShouldBe(300);
        result.GetProperty("orders").GetInt64().ShouldBe(150);
        result.GetProperty("compared_orders").GetInt64().ShouldBe(150);
    }

    [Fact]
    public async Task An_order_with_very_many_events_does_not_take_all_memory()
    {
        var tenant = await shop.OpenAsync();
        var (order, payment) = (New("order"), New("pi"));
        await Task.WhenAll(Enumerable.Range(0, 201).Select(_ => ApplyAsync(tenant, PaymentEventType.AuthCreated, payment, order, Line(Mug, 1))));

        var (_, result) = await SimulateAsync(tenant, MatrixFiles.DeductAtSettlement);

        result.GetProperty("left_out").GetProperty("too_large").GetInt64().ShouldBe(1);
    }

    /// <summary>It is given the right to read and nothing else, and the server's tables are what they were.</summary>
    [Fact]
    public async Task It_writes_nothing()
    {
        var tenant = await HistoryAsync();
        var reader = await ReaderAsync();
        var before = await ContentAsync();

        var (exitCode, result) = await MatrixFiles.RunAsync(
            "simulate", MatrixFiles.DeductAtSettlement, "--current", MatrixFiles.ReserveOnAuthorization, "--tenant", tenant, "--postgres", reader);

        exitCode.ShouldBe(1, result.ToString());
        (await ContentAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_database_that_cannot_be_reached_is_exit_code_2_in_one_sentence()
    {
        var (exitCode, output, error) = await Stockctl.RunAsync(
            "matrix", "simulate", MatrixFiles.DeductAtSettlement, "--current", MatrixFiles.ReserveOnAuthorization, "--postgres", "Host=127.0.0.1;Port=1;Password=secret");

        exitCode.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldContain("PostgreSQL at 127.0.0.1:1 cannot be reached");
        error.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_tenant_that_is_not_there_is_said_to_be_so() =>
        (await SimulateAsync("nobody", MatrixFiles.DeductAtSettlement)).Result.GetProperty("error").GetString().ShouldBe("The ledger has no tenant nobody.");

    /// <summary>Nine orders: with and without a checkout, committed by it, handed over, given up, refunded, not available, of no known order.</summary>
    private async Task<string> HistoryAsync()
    {
        var tenant = await shop.OpenAsync();

        // Authorized, captured and settled without a checkout.
        var (order, payment) = (New("order"), New("pi"));
        await ApplyAsync(tenant, PaymentEventType.AuthCreated, payment, order, Line(Mug, 2));
        await ApplyAsync(tenant, PaymentEventType.CaptureSucceeded, payment, order);
        await ApplyAsync(tenant, PaymentEventType.SettlementConfirmed, payment, order);

        // Captured without an authorization, fully refunded in part.
        (order, payment) = (New("order"), New("pi"));
        await ApplyAsync(tenant, PaymentEventType.CaptureSucceeded, payment, order, Line(Mug, 1));

        // A checkout's, authorized and voided.
        (order, payment) = (New("order"), New("pi"));
        await shop.ReserveAsync(tenant, order, Line(Mug, 1));
        await ApplyAsync(tenant, PaymentEventType.AuthCreated, payment, order);
        await ApplyAsync(tenant, PaymentEventType.AuthVoided, payment, order);

        // A checkout's, captured.
        (order, payment) = (New("order"), New("pi"));
        await shop.ReserveAsync(tenant, order, Line(Mug, 1), Line(Tea, 1));
        await ApplyAsync(tenant, PaymentEventType.CaptureSucceeded, payment, order);

        // Committed by its checkout and handed over before the events came.
        (order, payment) = (New("order"), New("pi"));
        var reservation = await shop.ReserveAsync(tenant, order, Line(Tea, 2));
        await shop.Inventory.CommitAsync(new CommitRequest { TenantId = tenant, IdempotencyKey = New("key"), ReservationId = reservation, Lines = { Line(Tea, 2) } });
        await shop.Inventory.FulfillAsync(new FulfillRequest { TenantId = tenant, IdempotencyKey = New("key"), ReservationId = reservation, Lines = { Line(Tea, 2) } });
        await ApplyAsync(tenant, PaymentEventType.AuthCreated, payment, order);

        // Given up, and then paid.
        (order, payment) = (New("order"), New("pi"));
        reservation = await shop.ReserveAsync(tenant, order, Line(Tea, 1));
        await shop.Inventory.ReleaseAsync(new ReleaseRequest { TenantId = tenant, IdempotencyKey = New("key"), ReservationId = reservation, Lines = { Line(Tea, 1) } });
        await ApplyAsync(tenant, PaymentEventType.AuthCreated, payment, order);

        // Taken over by a checkout that came after its payment.
        (order, payment) = (New("order"), New("pi"));
        await ApplyAsync(tenant, PaymentEventType.AuthCreated, payment, order, Line(Tea, 1));
        await shop.ReserveAsync(tenant, order, Line(Tea, 1));
        await ApplyAsync(tenant, PaymentEventType.CaptureSucceeded, payment, order);

        // Paid, and not there.
        await ApplyAsync(tenant, PaymentEventType.CaptureSucceeded, New("pi"), New("order"), Line("none-left", 1));

        // Of no order that anyone named.
        await ApplyAsync(tenant, PaymentEventType.CaptureSucceeded, New("pi"), "");
        return tenant;
    }

    private static PaymentEvent Event(PaymentEventType type, string payment, string order, long minorUnits, params StockLine[] lines) => new()
    {
        EventType = type,
        Provider = "stripe",
        Account = "test",
        ProviderEventId = New("evt"),
        PaymentObjectId = payment,
        OrderRef = order,
        Amount = new Money { Currency = "EUR", MinorUnits = minorUnits },
        FullAmount = type == PaymentEventType.AuthCreated,
        OccurTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
        SchemaVersion = 2,
        Lines = { lines },
    };

    private async Task ApplyAsync(string tenant, PaymentEvent paymentEvent, string modification = "", bool fullAmount = false)
    {
        paymentEvent.ModificationRef = modification;
        paymentEvent.FullAmount |= fullAmount;
        await shop.Payments.ApplyPaymentEventAsync(new ApplyPaymentEventRequest { TenantId = tenant, IdempotencyKey = New("delivery"), Event = paymentEvent });
    }

    private async Task ApplyAsync(string tenant, PaymentEventType type, string payment, string order, params StockLine[] lines) =>
        await shop.Payments.ApplyPaymentEventAsync(new ApplyPaymentEventRequest
        {
            TenantId = tenant,
            IdempotencyKey = New("delivery"),
            Event = new PaymentEvent
            {
                EventType = type,
                Provider = "stripe",
                Account = "test",
                ProviderEventId = New("evt"),
                PaymentObjectId = payment,
                ModificationRef = payment,
                OrderRef = order,
                FullAmount = true,
                OccurTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
                SchemaVersion = 1,
                Lines = { lines },
            },
        });

    private Task<(int ExitCode, JsonElement Result)> SimulateAsync(string tenant, string candidate, params string[] more)
    {
        string[] current = more.Contains("--current") ? [] : ["--current", MatrixFiles.ReserveOnAuthorization];
        return MatrixFiles.RunAsync(["simulate", candidate, "--tenant", tenant, "--postgres", shop.Database.ConnectionString, .. current, .. more]);
    }

    private static string Row(string name, string action) =>
        $"{{event: {name}, inventory_action: {action}, ledger_action: none, finality: provisional, reversal: auth-voided, exception_path: none, owner: o}}";

    /// <summary>The connection string of a role that may only read.</summary>
    private async Task<string> ReaderAsync()
    {
        var role = New("reader").Replace('-', '_');
        await using var source = NpgsqlDataSource.Create(shop.Database.SuperuserConnectionString);
        await using var command = source.CreateCommand($"CREATE ROLE {role} LOGIN PASSWORD '{ReadOnlyPassword}'; GRANT CONNECT ON DATABASE {shop.Database.Name} TO {role}; GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}");
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(shop.Database.ConnectionString) { Username = role, Password = ReadOnlyPassword }.ConnectionString;
    }

    /// <summary>A hash over every row of every table.</summary>
    private async Task<string> ContentAsync()
    {
        List<string> tables = [];
        await using (var command = shop.Database.DataSource.CreateCommand("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
        {
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        List<string> hashes = [];
        foreach (var table in tables)
        {
            await using var command = shop.Database.DataSource.CreateCommand($"SELECT coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM {table} AS t");
            hashes.Add($"{table} {await command.ExecuteScalarAsync()}");
        }

        return string.Join('\n', hashes);
    }
}
