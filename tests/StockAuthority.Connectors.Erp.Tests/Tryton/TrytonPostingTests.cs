using Shouldly;
using StockAuthority.Connectors.Erp.Tests.Hosts;
using StockAuthority.DevHost.Processes;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Erp.Tests.Tryton;

/// <summary>The connector as a process, a real authority and a real Tryton.</summary>
public sealed class TrytonPostingTests(ErpStand stand, TestPostgres databases)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Goods_movements_become_stock_moves_and_ledger_actions_account_moves()
    {
        var (books, tenant) = await StartAsync();
        await books.AdjustAsync("mug", 10);
        await books.AdjustAsync("mug", -3, AdjustmentReason.Shrinkage);
        var reservation = await books.ReserveAsync("mug", 2, "order-1");
        await books.PayAsync(PaymentEventType.CaptureSucceeded, "pi-1", "order-1", 1250);
        await books.Inventory.FulfillAsync(new FulfillRequest
        {
            TenantId = tenant,
            IdempotencyKey = "fulfil",
            ReservationId = reservation.ReservationId,
            Lines = { new StockLine { Sku = "mug", LocationId = ErpStand.Location, Quantity = 2 } },
        });
        await books.Inventory.DispatchTransferAsync(new DispatchTransferRequest
        {
            TenantId = tenant,
            IdempotencyKey = "transfer",
            TransferId = "transfer-1",
            FromLocationId = ErpStand.Location,
            ToLocationId = ErpStand.OtherLocation,
            Lines = { new DispatchedLine { Sku = "mug", Quantity = 1 } },
        });

        await RunAsync(await stand.ConnectorAsync(tenant), books.WaitAsync);

        var (storage, supplier, customer, lost, transit) =
            (await books.PlaceAsync("STO"), await books.PlaceAsync("SUP"), await books.PlaceAsync("CUS"), await books.PlaceAsync("Lost and Found"), await books.PlaceAsync("Transit"));
        var moves = await books.StockMovesAsync();
        moves.Select(each => (each.Quantity, each.From, each.To)).ShouldBe(
            [(10.0, supplier, storage), (3.0, storage, lost), (2.0, storage, customer), (1.0, storage, transit)], ignoreOrder: true);
        var account = (await books.AccountMovesAsync()).Single();
        (account.Debit, account.Credit).ShouldBe((12.50m, 12.50m));

        var postings = await books.ListPostingsAsync();
        postings.Select(each => (each.Origin, each.DocumentId)).ShouldBe(
            moves.Select(each => (each.Origin, each.Document)).Append((account.Origin, account.Document)), ignoreOrder: true);
        var intent = postings.Single(each => each.Amount is not null);
        (intent.System, intent.OrderRef, intent.Amount).ShouldBe(("tryton", "order-1", new Money { Currency = "EUR", MinorUnits = 1250 }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_crash_between_booking_and_recording_books_nothing_twice(bool isGoods)
    {
        // Not both: what cannot be recorded keeps all that comes after it waiting.
        var (books, tenant) = await StartAsync();
        await (isGoods ? books.AdjustAsync("tea", 5) : books.PayAsync(PaymentEventType.CaptureSucceeded, "pi-1", "order-1", 700));

        // It may read and not record: what it books it cannot tell.
        var mute = Path.Combine(await TestWorkspace.FolderAsync(), $"{tenant}.token");
        await File.WriteAllTextAsync(mute, (await TestTokens.IssuerAsync()).Token("erp", tenant, scopes: "feed.read operations.read"));
        var program = await stand.ConnectorAsync(tenant);
        var silenced = program with { Environment = new Dictionary<string, string>(program.Environment, StringComparer.Ordinal) { ["StockAuthority__TokenFile"] = mute } };
        var first = await TestWorkspace.StartAsync(silenced);
        await Eventually.Holds(async () => (await books.StockMovesAsync()).Count + (await books.AccountMovesAsync()).Count > 0, TimeSpan.FromSeconds(60));
        await first.KillAsync();
        await TestWorkspace.StopAsync(first, Grace);
        (await books.ListPostingsAsync()).ShouldBeEmpty();

        await RunAsync(program, books.WaitAsync);

        ((await books.StockMovesAsync()).Count, (await books.AccountMovesAsync()).Count).ShouldBe(isGoods ? (1, 0) : (0, 1));
        (await books.ListPostingsAsync()).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task After_faults_stop_everything_is_booked_exactly_once(int seed)
    {
        var (books, tenant) = await StartAsync();
        await using var erp = new FaultyProxy(stand.Tryton, seed);
        await using var authority = new FaultyProxy(stand.Server.Grpc, seed + 100);
        var random = new Random(seed);
        var program = await stand.ConnectorAsync(tenant, erp.Address, authority.Address, new Dictionary<string, string>
        {
            ["Connector__AttemptTimeout"] = "00:00:01",
        });
        for (var round = 0; round < 4; round++)
        {
            var running = ChildProcess.Start(program);
            for (var change = 0; change < 10; change++)
            {
                await books.AdjustAsync(ErpStand.Skus[change % ErpStand.Skus.Count], 1 + change);
                await books.PayAsync(PaymentEventType.CaptureSucceeded, $"pi-{round}-{change}", $"order-{round}-{change}", 100 + change);
            }

            // Killed wherever it is: at its start, between two calls, after the last.
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1500, 4000)), TimeProvider.System, TestContext.Current.CancellationToken);
            await running.KillAsync();
            await running.DisposeAsync();
        }

        erp.Mend();
        authority.Mend();
        await RunAsync(program, books.WaitAsync);

        (erp.Faults + authority.Faults).ShouldBeGreaterThan(0);
        var moves = await books.StockMovesAsync();
        var accounts = await books.AccountMovesAsync();
        moves.Select(each => each.Origin).Concat(accounts.Select(each => each.Origin)).ShouldBeUnique();
        (moves.Count, accounts.Count).ShouldBe((40, 40));
        (await books.ListPostingsAsync()).Select(each => (each.Origin, each.DocumentId)).ShouldBe(
            moves.Select(each => (each.Origin, each.Document)).Concat(accounts.Select(each => (each.Origin, each.Document))), ignoreOrder: true);
        moves.Sum(each => each.Quantity).ShouldBe(4 * 55);
        accounts.Sum(each => each.Debit).ShouldBe(4 * 10.45m);
    }

    [Fact]
    public async Task An_unknown_product_is_given_up_and_the_rest_goes_on()
    {
        var (books, tenant) = await StartAsync();
        await books.AdjustAsync("mug", 1);
        await books.AdjustAsync("not-in-tryton", 1);
        await books.PayAsync(PaymentEventType.CaptureSucceeded, "pi-1", "order-1", 100, "USD");
        await books.AdjustAsync("tea", 1);
        var program = await stand.ConnectorAsync(tenant);

        await RunAsync(program, books.WaitAsync);

        (await books.StockMovesAsync()).Count.ShouldBe(2);
        (await books.AccountMovesAsync()).ShouldBeEmpty();
        (await books.ListPostingsAsync()).Count.ShouldBe(2);
        var log = await File.ReadAllTextAsync(program.LogFile, TestContext.Current.CancellationToken);
        log.ShouldContain("PRODUCT_UNKNOWN");
        log.ShouldContain("CURRENCY_NOT_BOOKED");
    }

    [Fact]
    public async Task A_mapping_to_what_Tryton_does_not_have_is_refused_at_the_start()
    {
        var (_, tenant) = await StartAsync();
        var program = await stand.ConnectorAsync(tenant, settings: new Dictionary<string, string>
        {
            ["Mapping__Locations__1__Storage"] = "nowhere",
            ["Mapping__LedgerActions__0__Debit"] = "9999",
        });
        var child = ChildProcess.Start(program);
        await Eventually.Holds(() => child.HasExited, TimeSpan.FromSeconds(60));

        child.ExitCode.ShouldBe(1);
        var log = await File.ReadAllTextAsync(program.LogFile, TestContext.Current.CancellationToken);
        log.ShouldContain("no location");
        log.ShouldContain("no account");
        await child.DisposeAsync();
    }

    private static async Task RunAsync(ChildProgram program, Func<Task> until)
    {
        var child = await TestWorkspace.StartAsync(program);
        try
        {
            await until();
        }
        finally
        {
            await TestWorkspace.StopAsync(child, Grace);
        }
    }

    private async Task<(Books Books, string Tenant)> StartAsync()
    {
        await stand.StartAsync(databases);
        var tenant = await stand.TenantAsync();
        return (new Books(stand, tenant), tenant);
    }
}
