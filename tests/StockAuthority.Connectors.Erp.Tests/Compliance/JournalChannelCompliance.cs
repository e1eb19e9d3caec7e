using Grpc.Core;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Erp.Tests.Hosts;
using StockAuthority.DevHost.Processes;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Erp.Tests.Compliance;

/// <summary>
/// What every journal channel has to pass: its connector as a process, a real authority, and its ERP or a simulator of it. Everything is booked
/// exactly once, whatever breaks; what is refused becomes a case and the rest goes on; one instance works at a time. See docs/adding-a-channel.md.
/// </summary>
public abstract class JournalChannelCompliance(AuthorityStand authority, TestPostgres databases)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Restarts through which the faults go on; each is another fault of the ERP, where it has them.</summary>
    private protected virtual int FaultyRounds => 4;

    private protected abstract Task<IErpStand> ErpAsync(TestPostgres databases);

    [Fact]
    public async Task Goods_movements_and_ledger_actions_are_booked_and_their_documents_recorded()
    {
        var (erp, books) = await StartAsync();
        await books.AdjustAsync("mug", 10);
        await books.AdjustAsync("mug", -3, AdjustmentReason.Shrinkage);
        var reservation = await books.ReserveAsync("mug", 2, "order-1");
        await books.PayAsync(PaymentEventType.CaptureSucceeded, "pi-1", "order-1", 1250);
        await books.Inventory.FulfillAsync(new FulfillRequest
        {
            TenantId = books.Tenant,
            IdempotencyKey = "fulfil",
            ReservationId = reservation.ReservationId,
            Lines = { new StockLine { Sku = "mug", LocationId = AuthorityStand.Location, Quantity = 2 } },
        });
        await books.Inventory.DispatchTransferAsync(new DispatchTransferRequest
        {
            TenantId = books.Tenant,
            IdempotencyKey = "transfer",
            TransferId = "transfer-1",
            FromLocationId = AuthorityStand.Location,
            ToLocationId = AuthorityStand.OtherLocation,
            Lines = { new DispatchedLine { Sku = "mug", Quantity = 1 } },
        });

        await ConnectorPrograms.RunAsync(await ConnectorAsync(erp, books), books.WaitAsync);

        var places = erp.Places;
        var goods = await erp.GoodsAsync(books.Tenant);
        goods.Select(each => (each.Quantity, each.From, each.To)).ShouldBe(
            [(10.0, places.Supplier, places.Storage), (3.0, places.Storage, places.Adjustment), (2.0, places.Storage, places.Customer), (1.0, places.Storage, places.Transit)], ignoreOrder: true);
        var amount = (await erp.AmountsAsync(books.Tenant)).Single();
        (amount.Debit, amount.Credit).ShouldBe((12.50m, 12.50m));

        var postings = await books.ListPostingsAsync();
        postings.Select(each => (each.Origin, each.DocumentId)).ShouldBe(
            goods.Select(each => (each.Origin, each.Document)).Append((amount.Origin, amount.Document)), ignoreOrder: true);
        var intent = postings.Single(each => each.Amount is not null);
        (intent.System, intent.OrderRef, intent.Amount).ShouldBe((erp.System, "order-1", new Money { Currency = "EUR", MinorUnits = 1250 }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_crash_between_booking_and_recording_books_nothing_twice(bool isGoods)
    {
        // Not both: what cannot be recorded keeps all that comes after it waiting.
        var (erp, books) = await StartAsync();
        await (isGoods ? books.AdjustAsync("tea", 5) : books.PayAsync(PaymentEventType.CaptureSucceeded, "pi-1", "order-1", 700));

        // It may read and not record: what it books it cannot tell.
        var mute = Path.Combine(await TestWorkspace.FolderAsync(), $"{books.Tenant}.token");
        await File.WriteAllTextAsync(mute, (await TestTokens.IssuerAsync()).Token("erp", books.Tenant, scopes: "feed.read operations.read"));
        var program = await ConnectorAsync(erp, books);
        var first = await TestWorkspace.StartAsync(With(program, "StockAuthority__TokenFile", mute));
        await Eventually.Holds(async () => (await erp.GoodsAsync(books.Tenant)).Count + (await erp.AmountsAsync(books.Tenant)).Count > 0, Patience);
        await first.KillAsync();
        await TestWorkspace.StopAsync(first, Grace);
        (await books.ListPostingsAsync()).ShouldBeEmpty();

        await ConnectorPrograms.RunAsync(program, books.WaitAsync);

        ((await erp.GoodsAsync(books.Tenant)).Count, (await erp.AmountsAsync(books.Tenant)).Count).ShouldBe(isGoods ? (1, 0) : (0, 1));
        (await books.ListPostingsAsync()).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task After_faults_stop_everything_is_booked_exactly_once(int seed)
    {
        var (erp, books) = await StartAsync();
        await using var erpNetwork = new FaultyProxy(erp.Address, seed);
        await using var authorityNetwork = new FaultyProxy(authority.Server.Grpc, seed + 100);
        var random = new Random(seed);
        var program = With(
            await erp.ConnectorAsync(authority, books.Tenant, erpNetwork.Address, authorityNetwork.Address),
            "Connector__AttemptTimeout", "00:00:01", "Connector__LeaseTime", "00:00:02");
        for (var round = 0; round < FaultyRounds; round++)
        {
            await erp.MisbehaveAsync(round + seed);
            var running = ChildProcess.Start(program);
            for (var change = 0; change < 10; change++)
            {
                await books.AdjustAsync(AuthorityStand.Skus[change % AuthorityStand.Skus.Count], 1 + change);
                await books.PayAsync(PaymentEventType.CaptureSucceeded, $"pi-{round}-{change}", $"order-{round}-{change}", 100 + change);
            }

            // Killed wherever it is: at its start, between two calls, after the last.
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(2500, 6000)), TimeProvider.System, TestContext.Current.CancellationToken);
            await running.KillAsync();
            await running.DisposeAsync();
        }

        await erp.MendAsync();
        erpNetwork.Mend();
        authorityNetwork.Mend();
        await ConnectorPrograms.RunAsync(program, books.WaitAsync);

        (erpNetwork.Faults + authorityNetwork.Faults).ShouldBeGreaterThan(0);
        var goods = await erp.GoodsAsync(books.Tenant);
        var amounts = await erp.AmountsAsync(books.Tenant);
        goods.Select(each => each.Origin).Concat(amounts.Select(each => each.Origin)).ShouldBeUnique();
        (goods.Count, amounts.Count).ShouldBe((10 * FaultyRounds, 10 * FaultyRounds));
        (await books.ListPostingsAsync()).Select(each => (each.Origin, each.DocumentId)).ShouldBe(
            goods.Select(each => (each.Origin, each.Document)).Concat(amounts.Select(each => (each.Origin, each.Document))), ignoreOrder: true);
        goods.Sum(each => each.Quantity).ShouldBe(FaultyRounds * 55);
        amounts.Sum(each => each.Debit).ShouldBe(FaultyRounds * 10.45m);
        (await books.CasesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_refused_becomes_a_case_and_the_rest_goes_on()
    {
        var (erp, books) = await StartAsync();
        await books.AdjustAsync("mug", 1);
        await books.AdjustAsync("not-in-the-erp", 1);
        await books.PayAsync(PaymentEventType.CaptureSucceeded, "pi-1", "order-1", 100, "USD");
        await books.AdjustAsync("tea", 1);

        await ConnectorPrograms.RunAsync(await ConnectorAsync(erp, books), books.WaitAsync);

        (await erp.GoodsAsync(books.Tenant)).Count.ShouldBe(2);
        (await erp.AmountsAsync(books.Tenant)).ShouldBeEmpty();
        (await books.ListPostingsAsync()).Count.ShouldBe(2);
        var cases = await books.CasesAsync();
        cases.Select(each => (each.Reference, each.Reason)).ShouldBe([("movement/2", erp.Refusals.UnknownProduct), ("intent/1", "CURRENCY_NOT_BOOKED")], ignoreOrder: true);
        var evidence = (await books.CaseAsync(cases.Single(each => each.Reference == "movement/2").CaseId)).ExceptionDetails.Evidence;
        evidence.Request.ShouldContain("not-in-the-erp");
        evidence.Response.ShouldContain(erp.Refusals.UnknownProduct);
        evidence.Response.ShouldContain("not-in-the-erp", Case.Insensitive);
    }

    [Fact]
    public async Task Another_document_recorded_for_an_origin_becomes_a_case_and_the_rest_goes_on()
    {
        var (erp, books) = await StartAsync();
        await books.AdjustAsync("mug", 1);
        await books.AdjustAsync("tea", 1);
        await books.RecordAsync("movement/1", erp.System, "by-hand", "mug", 1);

        await ConnectorPrograms.RunAsync(await ConnectorAsync(erp, books), books.WaitAsync);

        var booked = (await erp.GoodsAsync(books.Tenant)).Single(each => each.Origin == "movement/1").Document;
        (await books.ListPostingsAsync()).Single(each => each.Origin == "movement/1").DocumentId.ShouldBe("by-hand");
        (await books.ListPostingsAsync()).Count.ShouldBe(2);
        var differing = (await books.CasesAsync()).Single();
        (differing.Reference, differing.Reason, differing.OwnerLane).ShouldBe(("movement/1", "POSTING_DIFFERS", "finance"));
        var evidence = (await books.CaseAsync(differing.CaseId)).ExceptionDetails.Evidence;
        (evidence.Request, evidence.Response.Contains("by-hand", StringComparison.Ordinal)).ShouldBe((booked, true));
    }

    [Fact]
    public async Task What_was_refused_is_booked_once_by_a_replay_when_its_cause_is_mended()
    {
        var (erp, books) = await StartAsync();
        await books.AdjustAsync("mug", 1);
        await books.AdjustAsync("not-in-the-erp", 2);
        await books.AdjustAsync("tea", 3);
        await books.AdjustAsync("not-in-the-erp", 4);
        var program = await ConnectorAsync(erp, books);
        await ConnectorPrograms.RunAsync(program, books.WaitAsync);
        (await books.CasesAsync()).Select(each => each.Reference).ShouldBe(["movement/2", "movement/4"], ignoreOrder: true);
        await books.RecordAsync("movement/4", erp.System, "by-hand", "not-in-the-erp", 4);

        var task = await books.ReplayAsync(afterSequence: 0);
        var summary = "";
        await ConnectorPrograms.RunAsync(
            With(program, "Mapping__Products__3__Sku", "not-in-the-erp", "Mapping__Products__3__Product", erp.ProductOf("pot")), async () => summary = await books.DoneAsync(task));

        (await erp.GoodsAsync(books.Tenant)).Select(each => (each.Origin, each.Quantity)).ShouldBe([("movement/1", 1), ("movement/2", 2), ("movement/3", 3)], ignoreOrder: true);
        (await books.ListPostingsAsync()).Select(each => each.Origin).ShouldBe(["movement/1", "movement/2", "movement/3", "movement/4"], ignoreOrder: true);
        (await books.CasesAsync()).Single().Reference.ShouldBe("movement/4", "the other is mended, and this one is for people to close");
        summary.ShouldBe("4 entries looked at, 1 booked now");
    }

    [Fact]
    public async Task Movements_that_were_detached_before_they_were_read_become_a_case_and_the_rest_goes_on()
    {
        var (erp, books) = await StartAsync();
        await books.AdjustAsync("mug", 1);
        await books.AdjustAsync("tea", 1);
        await books.AdjustAsync("pot", 1);
        await authority.TamperAsync(
            books.Tenant,
            """
            WITH gone AS (DELETE FROM movements WHERE tenant_id = $1 AND sequence <= 2 RETURNING sequence)
            INSERT INTO journal_checkpoints (sequence, tenant_id, hash, seal, partition_name, made_at)
            SELECT max(sequence), $1, sha256('hash'), sha256('seal'), 'movements_test', now() FROM gone
            """);

        await ConnectorPrograms.RunAsync(await ConnectorAsync(erp, books), books.WaitAsync);

        (await erp.GoodsAsync(books.Tenant)).Single().Origin.ShouldBe("movement/3");
        var missing = (await books.CasesAsync()).Single();
        (missing.Reference, missing.Reason, missing.OwnerLane).ShouldBe(("movements/1-2", "SEQUENCE_DETACHED", "finance"));
    }

    [Fact]
    public async Task What_is_booked_and_unknown_to_the_authority_becomes_a_case()
    {
        var (erp, books) = await StartAsync();
        await books.AdjustAsync("mug", 5);
        var tokenFile = Path.Combine(await TestWorkspace.FolderAsync(), $"{books.Tenant}.token");
        await File.WriteAllTextAsync(tokenFile, (await TestTokens.IssuerAsync()).Token("erp", books.Tenant, scopes: "feed.read operations.read"));
        var connector = await TestWorkspace.StartAsync(With(await ConnectorAsync(erp, books), "StockAuthority__TokenFile", tokenFile));
        await Eventually.Holds(async () => (await erp.GoodsAsync(books.Tenant)).Count == 1, Patience);

        // Restored from a backup that is older than the movement, before its document could be recorded.
        await authority.TamperAsync(books.Tenant, "UPDATE tenants SET last_sequence = 0 WHERE tenant_id = $1");
        await File.WriteAllTextAsync(tokenFile, await TestTokens.ForTenantAsync(books.Tenant));
        await Eventually.Holds(async () => (await books.CasesAsync()).Count == 1, Patience);
        await TestWorkspace.StopAsync(connector, Grace);

        var unknown = (await books.CasesAsync()).Single();
        (unknown.Reference, unknown.Reason, unknown.OwnerLane).ShouldBe(("movement/1", "UNKNOWN_ORIGIN", "finance"));
        (await books.CaseAsync(unknown.CaseId)).ExceptionDetails.Evidence.Request.ShouldBe((await erp.GoodsAsync(books.Tenant)).Single().Document);
    }

    [Fact]
    public async Task A_mapping_to_what_is_not_there_is_refused_at_the_start()
    {
        var (erp, books) = await StartAsync();
        var program = With(await ConnectorAsync(erp, books), "Mapping__Locations__1__Storage", "nowhere", "Mapping__LedgerActions__0__Debit", "9999");
        var child = ChildProcess.Start(program);
        await Eventually.Holds(() => child.HasExited, Patience);

        child.ExitCode.ShouldBe(1);
        var log = await File.ReadAllTextAsync(program.LogFile, TestContext.Current.CancellationToken);
        log.ShouldContain(erp.Refusals.UnknownPlace);
        log.ShouldContain(erp.Refusals.UnknownAccount);
        await child.DisposeAsync();
    }

    [Fact]
    public async Task A_second_instance_stands_by_and_takes_over()
    {
        var (erp, books) = await StartAsync();
        var first = await TestWorkspace.StartAsync(await ConnectorAsync(erp, books));
        await books.AdjustAsync("mug", 1);
        await books.WaitAsync();
        var lease = await books.LeaseAsync();
        var second = await TestWorkspace.StartAsync(await ConnectorAsync(erp, books));

        for (var change = 0; change < 5; change++)
        {
            await books.AdjustAsync("tea", 1);
        }

        await books.WaitAsync();
        (await books.LeaseAsync()).FencingNumber.ShouldBe(lease.FencingNumber);
        await first.KillAsync();
        await books.AdjustAsync("pot", 1);
        await books.WaitAsync();

        var taken = await books.LeaseAsync();
        (taken.Holder == lease.Holder, taken.FencingNumber).ShouldBe((false, lease.FencingNumber + 1));
        await TestWorkspace.StopAsync(first, Grace);
        await TestWorkspace.StopAsync(second, Grace);
        (await erp.GoodsAsync(books.Tenant)).Select(each => each.Origin).ShouldBe(Enumerable.Range(1, 7).Select(each => $"movement/{each}"), ignoreOrder: true);
    }

    [Fact]
    public async Task A_paused_channel_books_nothing_until_it_is_resumed()
    {
        var (erp, books) = await StartAsync();
        var connector = await TestWorkspace.StartAsync(await ConnectorAsync(erp, books));
        await books.AdjustAsync("mug", 1);
        await books.WaitAsync();
        await books.PauseAsync(true);

        // It hears of it by a renewal of its lease; when the second one comes, the first is answered.
        await RenewedAsync(books);
        await RenewedAsync(books);
        await books.PayAsync(PaymentEventType.CaptureSucceeded, "pi-1", "order-1", 100);
        await RenewedAsync(books);
        (await erp.AmountsAsync(books.Tenant)).ShouldBeEmpty();

        await books.PauseAsync(false);
        await books.WaitAsync();
        await TestWorkspace.StopAsync(connector, Grace);
        (await erp.AmountsAsync(books.Tenant)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_case_is_tried_again_once_its_cause_is_mended_and_what_was_booked_by_hand_is_not()
    {
        var (erp, books) = await StartAsync();
        await books.AdjustAsync("not-in-the-erp", 2);
        await books.PayAsync(PaymentEventType.CaptureSucceeded, "pi-1", "order-1", 100, "USD");
        await books.AdjustAsync("neither", 3);
        var program = await ConnectorAsync(erp, books);
        await ConnectorPrograms.RunAsync(program, books.WaitAsync);
        var cases = (await books.CasesAsync()).ToDictionary(each => each.Reference, each => each.CaseId);
        cases.Count.ShouldBe(3);

        // One is mended, one was booked by hand, of the third the cause is as it was.
        await books.RecordAsync("movement/2", erp.System, "by-hand", "neither", 3);
        foreach (var caseId in cases.Values)
        {
            (await books.ReplayCaseAsync(caseId)).ShouldBe(ReplayOutcome.Requested);
        }

        var product = erp.System == "tryton" ? "pot" : "POT";
        await ConnectorPrograms.RunAsync(
            With(program, "Mapping__Products__3__Sku", "not-in-the-erp", "Mapping__Products__3__Product", product),
            () => Eventually.Holds(async () => (await books.CasesAsync()) is [{ Reference: "intent/1", ReplayRequestTime: null }], Patience));

        var booked = (await erp.GoodsAsync(books.Tenant)).ShouldHaveSingleItem();
        (booked.Origin, booked.Quantity).ShouldBe(("movement/1", 2));
        (await books.ListPostingsAsync()).Select(each => (each.Origin, each.DocumentId)).ShouldBe([("movement/1", booked.Document), ("movement/2", "by-hand")], ignoreOrder: true);
    }

    [Fact]
    public async Task It_says_how_far_behind_it_is_and_is_on_or_off_as_a_whole()
    {
        var (erp, books) = await StartAsync();
        var connector = await TestWorkspace.StartAsync(With(await ConnectorAsync(erp, books), "Connector__ReportInterval", "00:00:00.1"));
        await books.AdjustAsync("mug", 1);
        await books.WaitAsync();
        var refused = await Should.ThrowAsync<RpcException>(() => books.PromoteAsync(new ChannelRollout { Mode = ChannelMode.On, LocationIds = { AuthorityStand.Location } }));
        refused.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason.ShouldBe("ROLLOUT_NOT_PARTIAL");

        // It hears of it by a renewal of its lease; when the second one comes, the first is answered.
        await books.PromoteAsync(new ChannelRollout { Mode = ChannelMode.Off });
        await RenewedAsync(books);
        await RenewedAsync(books);
        await books.AdjustAsync("tea", 1);
        await Eventually.Holds(async () => (await books.ChannelAsync()).LatestHealth is { QueueDepth: 1, OldestUndeliveredAge: not null }, Patience);
        (await erp.GoodsAsync(books.Tenant)).Count.ShouldBe(1);

        await books.PromoteAsync(new ChannelRollout { Mode = ChannelMode.On, Percent = 100 });
        await books.WaitAsync();
        await Eventually.Holds(async () => (await books.ChannelAsync()).LatestHealth is { QueueDepth: 0, OldestUndeliveredAge: null }, Patience);
        await TestWorkspace.StopAsync(connector, Grace);
        (await erp.GoodsAsync(books.Tenant)).Count.ShouldBe(2);
    }

    private static async Task RenewedAsync(Books books)
    {
        var until = (await books.LeaseAsync()).ExpireTime.ToDateTimeOffset();
        await Eventually.Holds(async () => (await books.LeaseAsync()).ExpireTime.ToDateTimeOffset() > until, Patience);
    }

    private protected async Task<(IErpStand Erp, Books Books)> StartAsync() =>
        (await ErpAsync(databases), new Books(authority, await authority.TenantAsync(databases)));

    private protected Task<ChildProgram> ConnectorAsync(IErpStand erp, Books books) => erp.ConnectorAsync(authority, books.Tenant, erp.Address, authority.Server.Grpc);

    private protected static ChildProgram With(ChildProgram program, params string[] namesAndValues) =>
        program.With(namesAndValues.Chunk(2).Select(pair => KeyValuePair.Create(pair[0], pair[1])));
}
