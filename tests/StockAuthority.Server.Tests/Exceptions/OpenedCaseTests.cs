using Google.Protobuf.WellKnownTypes;
using Npgsql;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Exceptions;

/// <summary>Cases that the authority opens and closes in the transactions of its decisions.</summary>
public sealed class OpenedCaseTests(Ledger ledger) : IClassFixture<Ledger>
{
    private readonly Cases _cases = new(ledger);

    [Fact]
    public async Task A_case_has_its_event_its_stock_its_lane_its_deadline_and_what_to_do()
    {
        var (sku, order) = (await ledger.OpenAsync(3), New("order"));
        var reserve = Reserve(sku, 2, order: order);
        reserve.Channel = "web";
        var reserved = await ledger.Inventory.ReserveAsync(reserve);
        await ledger.Inventory.ReleaseAsync(Release(reserved.Reservation, Line(sku, 2)));
        var captured = Cases.Event(PaymentEventType.CaptureSucceeded, order, New("pi"));

        var answer = await _cases.ApplyAsync(captured, "opening-" + order);

        answer.Reason.ShouldBe("PAID_AFTER_RELEASE");
        var opened = await _cases.OnlyOneAsync(order);
        opened.ShouldSatisfyAllConditions(
            each => each.Kind.ShouldBe(ExceptionKind.PaidAfterRelease),
            each => each.Reason.ShouldBe("PAID_AFTER_RELEASE"),
            each => each.Status.ShouldBe(ExceptionStatus.Open),
            each => each.OwnerLane.ShouldBe("payments"),
            each => each.ExceptionPath.ShouldBe("payments-operations/paid-not-available"),
            each => each.NextAction.ShouldContain("Refund"),
            each => each.Channel.ShouldBe("web"),
            each => each.ReservationIds.ShouldBe([reserved.Reservation.ReservationId]),
            each => (each.Provider, each.Account, each.PaymentObjectId, each.ProviderEventId).ShouldBe(("stripe", "test", captured.PaymentObjectId, captured.ProviderEventId)),
            each => (each.DueTime - each.OpenTime).ToTimeSpan().ShouldBe(TimeSpan.FromHours(8)));
        var details = await _cases.GetAsync(opened.CaseId);
        details.ExceptionCase.ShouldBe(opened);
        details.Event.ShouldBe(captured);
        details.StockSnapshot.Single().ShouldBe(await ledger.LevelAsync(sku));
        details.History.Single().ShouldSatisfyAllConditions(
            entry => entry.Action.ShouldBe(ExceptionAction.Opened),
            entry => entry.Actor.ShouldBeEmpty(),
            entry => entry.IdempotencyKey.ShouldBe("opening-" + order),
            entry => entry.ProviderEventId.ShouldBe(captured.ProviderEventId));
    }

    [Fact]
    public async Task However_often_the_event_comes_there_is_one_case()
    {
        var (_, order, captured) = await _cases.PaidNotAvailableAsync();
        await _cases.ApplyAsync(captured);
        var again = captured.Clone();
        again.ProviderEventId = New("evt");
        await _cases.ApplyAsync(again);
        var sibling = captured.Clone();
        (sibling.ProviderEventId, sibling.ModificationRef) = (New("evt"), New("modification"));
        await _cases.ApplyAsync(sibling);

        (await _cases.OnlyOneAsync(order)).Kind.ShouldBe(ExceptionKind.PaidNotAvailable);
    }

    [Fact]
    public async Task Events_and_deliveries_at_once_open_one_case()
    {
        var (sku, order, payment) = (await ledger.OpenAsync(1), New("order"), New("pi"));
        var events = Enumerable.Range(0, 20).Select(_ => Cases.Event(PaymentEventType.CaptureSucceeded, order, payment, lines: Line(sku, 2))).ToList();

        await Task.WhenAll(events.Concat(events).Select(each => _cases.ApplyAsync(each)));

        (await _cases.OnlyOneAsync(order)).Kind.ShouldBe(ExceptionKind.PaidNotAvailable);
    }

    [Fact]
    public async Task The_event_that_mends_the_cause_closes_the_case_and_is_named()
    {
        var (sku, order, payment) = (await ledger.OpenAsync(3), New("order"), New("pi"));
        var captured = Cases.Event(PaymentEventType.CaptureSucceeded, order, payment);
        (await _cases.ApplyAsync(captured)).Reason.ShouldBe("MISSING_CONTEXT");
        var missing = await _cases.OnlyOneAsync(order);
        (missing.Kind, missing.MissingFields).ShouldBe((ExceptionKind.MissingContext, ["lines"]));

        var named = Cases.Event(PaymentEventType.AuthCreated, order, payment, lines: Line(sku, 1));
        await _cases.ApplyAsync(named);

        var closed = await _cases.OnlyOneAsync(order);
        (closed.CaseId, closed.Status, closed.Disposition).ShouldBe((missing.CaseId, ExceptionStatus.Resolved, ExceptionDisposition.MendedByEvent));
        closed.Version.ShouldBe(missing.Version + 1);
        (await _cases.GetAsync(closed.CaseId)).History[^1].ShouldSatisfyAllConditions(
            entry => entry.Action.ShouldBe(ExceptionAction.Resolved),
            entry => entry.ProviderEventId.ShouldBe(named.ProviderEventId));
        (await ledger.LevelAsync(sku)).Committed.ShouldBe(1);
    }

    [Fact]
    public async Task A_payment_that_names_no_order_has_a_case_which_the_reserve_that_names_it_closes()
    {
        var (sku, order, payment) = (await ledger.OpenAsync(3), New("order"), New("pi"));
        await _cases.ApplyAsync(Cases.Event(PaymentEventType.CaptureSucceeded, "", payment));
        var opened = (await ListAsync(ExceptionKind.MissingContext)).Single(each => each.PaymentObjectId == payment);
        opened.MissingFields.ShouldBe(["order_ref", "lines"]);

        var reserve = Reserve(sku, 1, order: order);
        reserve.PaymentObjectId = payment;
        await ledger.Inventory.ReserveAsync(reserve);

        (await _cases.GetAsync(opened.CaseId)).ExceptionCase.Disposition.ShouldBe(ExceptionDisposition.MendedByEvent);
        (await _cases.OpenOfOrderAsync(order)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dispute_has_one_case_until_its_end_due_when_the_provider_wants_its_answer()
    {
        var (sku, order, payment) = (await ledger.OpenAsync(3), New("order"), New("pi"));
        await _cases.ApplyAsync(Cases.Event(PaymentEventType.CaptureSucceeded, order, payment, lines: Line(sku, 1)));
        var opened = Cases.Event(PaymentEventType.ChargebackOpened, order, payment, 10);
        (opened.CaseId, opened.RespondByTime) = ("dp_1", Timestamp.FromDateTimeOffset(Cases.Start.AddDays(9)));
        await _cases.ApplyAsync(opened);
        var second = Cases.Event(PaymentEventType.ChargebackOpened, order, payment, 11);
        await _cases.ApplyAsync(second);

        var disputes = await _cases.OfOrderAsync(order);
        disputes.Select(each => each.Kind).ShouldBe([ExceptionKind.Chargeback, ExceptionKind.Chargeback]);
        var first = disputes.Single(each => each.ProviderEventId == opened.ProviderEventId);
        (first.OwnerLane, first.DisputeId, first.DueTime).ShouldBe(("disputes", "dp_1", opened.RespondByTime));

        var won = opened.Clone();
        (won.EventType, won.ProviderEventId, won.OccurTime) = (PaymentEventType.ChargebackWon, New("evt"), Timestamp.FromDateTimeOffset(Cases.Start.AddDays(5)));
        await _cases.ApplyAsync(won);

        (await _cases.GetAsync(first.CaseId)).ExceptionCase.Disposition.ShouldBe(ExceptionDisposition.MendedByEvent);
        (await _cases.OpenOfOrderAsync(order)).Single().DisputeId.ShouldBe(second.ModificationRef);
    }

    [Fact]
    public async Task A_sale_that_takes_what_was_promised_opens_a_case_that_names_whose_units_it_were()
    {
        var sku = await ledger.OpenAsync(2);
        var reserved = await ledger.Inventory.ReserveAsync(Reserve(sku, 2));

        await _cases.AdjustAsync(sku, -1, AdjustmentReason.Sale);
        await _cases.AdjustAsync(sku, -1, AdjustmentReason.Sale);

        var owed = (await ListAsync(ExceptionKind.Shortfall)).Single(each => each.Sku == sku);
        owed.ShouldSatisfyAllConditions(
            each => each.LocationId.ShouldBe(Ledger.Location),
            each => each.OwnerLane.ShouldBe("stock"),
            each => each.OccurrenceCount.ShouldBe(2),
            each => each.ReservationIds.ShouldBe([reserved.Reservation.ReservationId]));
        (await _cases.GetAsync(owed.CaseId)).StockSnapshot.Single().Shortfall.ShouldBe(1);

        // Half of it is covered: still owed. Then all.
        await _cases.ReceiveAsync(sku, 1);
        (await _cases.GetAsync(owed.CaseId)).ExceptionCase.Status.ShouldBe(ExceptionStatus.Open);
        await _cases.ReceiveAsync(sku, 1);
        (await _cases.GetAsync(owed.CaseId)).ExceptionCase.Disposition.ShouldBe(ExceptionDisposition.MendedByEvent);

        await _cases.AdjustAsync(sku, -1, AdjustmentReason.Sale);
        (await ListAsync(ExceptionKind.Shortfall)).Single(each => each.Sku == sku).CaseId.ShouldNotBe(owed.CaseId);
    }

    [Fact]
    public async Task What_is_found_and_mended_in_one_batch_leaves_resolved_cases_only()
    {
        var sku = await ledger.OpenAsync(5);

        // A stream's commands meet in few batches.
        using var stream = ledger.Inventory.Execute();
        for (var turn = 0; turn < 20; turn++)
        {
            foreach (var units in (long[])[-6, 7, -1])
            {
                await stream.RequestStream.WriteAsync(new ExecuteRequest
                {
                    TenantId = Tenant,
                    Commands =
                    {
                        new ExecuteCommand
                        {
                            Adjust = new AdjustRequest
                            {
                                TenantId = Tenant,
                                IdempotencyKey = New("key"),
                                DocumentRef = "till",
                                Reason = units < 0 ? AdjustmentReason.Sale : AdjustmentReason.Receipt,
                                Lines = { Line(sku, units) },
                            },
                        },
                    },
                });
            }
        }

        await stream.RequestStream.CompleteAsync();
        while (await stream.ResponseStream.MoveNext(CancellationToken.None))
        {
        }

        (await ListAsync(ExceptionKind.Shortfall)).ShouldNotContain(each => each.Sku == sku);
        (await CountAsync(sku)).ShouldBe((20L, 40L));
    }

    [Fact]
    public async Task Units_that_arrive_are_committed_to_the_order_that_was_paid_and_close_its_case()
    {
        var (sku, order, captured) = await _cases.PaidNotAvailableAsync();

        await _cases.ReceiveAsync(sku, 3);

        await Eventually.Holds(async () => (await ledger.LevelAsync(sku)).Committed == 2);
        (await _cases.OnlyOneAsync(order)).Disposition.ShouldBe(ExceptionDisposition.MendedByEvent);
        (await ledger.LevelAsync(sku)).Available.ShouldBe(2);
        (await _cases.ApplyAsync(captured)).Reason.ShouldBe("DUPLICATE_DELIVERY");
    }

    [Fact]
    public async Task An_event_that_can_be_read_in_the_end_closes_the_case_of_the_one_that_could_not()
    {
        var (sku, order) = (await ledger.OpenAsync(1), New("order"));
        var captured = Cases.Event(PaymentEventType.CaptureSucceeded, order, New("pi"), lines: Line(sku, 1));
        await _cases.ApplyAsync(new PaymentEvent
        {
            EventType = PaymentEventType.Unreadable,
            Provider = captured.Provider,
            Account = captured.Account,
            ProviderEventId = "inbox-" + captured.ProviderEventId,
            SchemaVersion = 2,
            Problems = { "an API version that is not set up" },
        });
        var parked = (await ListAsync(ExceptionKind.UnreadableEvent)).Single(each => each.ProviderEventId == "inbox-" + captured.ProviderEventId);
        (await _cases.GetAsync(parked.CaseId)).Event.Problems.Single().ShouldBe("an API version that is not set up");

        await _cases.ApplyAsync(captured);

        await Eventually.Holds(async () => (await _cases.GetAsync(parked.CaseId)).ExceptionCase.Status == ExceptionStatus.Resolved);
    }

    private async Task<IReadOnlyList<ExceptionCase>> ListAsync(ExceptionKind kind) =>
        [.. (await _cases.Service.ListExceptionsAsync(new ListExceptionsRequest { TenantId = Tenant, Kind = kind, PageSize = 500 })).Exceptions];

    /// <summary>Resolved shortfalls of the SKU, and the entries of all its cases.</summary>
    private async Task<(long Resolved, long Entries)> CountAsync(string sku)
    {
        await using var connection = new NpgsqlConnection(ledger.Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            SELECT (SELECT count(*) FROM exception_cases WHERE kind = 15 AND status = 3 AND sku = $1),
                   (SELECT count(*) FROM exception_entries JOIN exception_cases USING (case_id, tenant_id) WHERE sku = $1)
            """,
            connection)
        {
            Parameters = { new NpgsqlParameter { Value = sku } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
