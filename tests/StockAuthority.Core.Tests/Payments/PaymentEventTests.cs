using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>One event, one resolution.</summary>
public sealed class PaymentEventTests
{
    private readonly LedgerModel _ledger = new();

    public PaymentEventTests() => _ledger.Stock(Shop.Mugs(5), Shop.Teas(3));

    [Fact]
    public void An_authorization_reserves_and_its_capture_commits_the_same_units()
    {
        Resolve(Shop.Authorized().For(Shop.Mugs(2))).ShouldBe((ResolutionKind.Action, ResolutionReason.Reserved));
        Resolve(Shop.Captured(5)).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));

        _ledger.Level(Shop.Mug).ShouldBe(new StockLevel(Shop.Mug, Available: 3, Committed: 2, Version: 3, Sequence: 4));
        _ledger.Reservations.ShouldHaveSingleItem().Origin.ShouldBe(ReservationOrigin.PaymentEvent);
        _ledger.Movements[^1].OrderRef.ShouldBe(Shop.Order);
    }

    [Fact]
    public void A_further_delivery_is_counted_and_changes_nothing()
    {
        var captured = Shop.Captured().For(Shop.Mugs(2));
        _ledger.Apply(captured);

        var decision = _ledger.Run(new StockCommand.ApplyPaymentEvent(captured with { Lines = [Shop.Mugs(5)] }));

        decision.ExtraDelivery.ShouldBe(captured.Id);
        decision.EventResolutions.ShouldBeEmpty();
        decision.Payments.ShouldBeEmpty();
        decision.Outcome.ShouldBeOfType<StockOutcome.Resolved>().Resolution
            .ShouldBe(new EventResolution(captured.Id, ResolutionKind.NoOp, ResolutionReason.DuplicateDelivery, Shop.Order, [], Moves: false));
        _ledger.Resolutions[captured.Id].Reason.ShouldBe(ResolutionReason.Committed);
    }

    [Fact]
    public void Another_event_that_reports_the_same_fact_changes_nothing()
    {
        _ledger.Apply(Shop.Captured().For(Shop.Mugs(2)));

        Resolve(Shop.Captured().For(Shop.Mugs(2)).Again(1)).ShouldBe((ResolutionKind.NoOp, ResolutionReason.SameFact));

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
        _ledger.Payments.Single().Facts.ShouldHaveSingleItem();
    }

    [Fact]
    public void An_authorization_after_its_capture_is_stale()
    {
        _ledger.Apply(Shop.Captured(5).For(Shop.Mugs(2)));

        Resolve(Shop.Authorized(0)).ShouldBe((ResolutionKind.NoOp, ResolutionReason.Stale));
    }

    [Fact]
    public void What_the_checkout_committed_itself_is_already_there()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(2));
        _ledger.Run(new StockCommand.Commit(reservation.Number, [Shop.Mugs(2)]));

        Resolve(Shop.Captured()).ShouldBe((ResolutionKind.NoOp, ResolutionReason.AlreadyThere));
    }

    [Theory]
    [InlineData(PaymentEventType.SettlementConfirmed)]
    [InlineData(PaymentEventType.ChargebackWon)]
    public void What_the_matrix_gives_no_action_is_for_the_record(PaymentEventType type) =>
        Resolve(Shop.Event(type)).ShouldBe((ResolutionKind.NoOp, ResolutionReason.ReportingOnly));

    [Theory]
    [InlineData(PaymentEventType.RefundFailed)]
    [InlineData(PaymentEventType.ChargebackOpened)]
    [InlineData(PaymentEventType.ChargebackLost)]
    public void What_the_matrix_reviews_is_held_and_moves_nothing(PaymentEventType type)
    {
        _ledger.Apply(Shop.Captured().For(Shop.Mugs(2)));
        var journal = _ledger.Movements.Count;

        Resolve(Shop.Event(type, 60)).ShouldBe((ResolutionKind.Held, ResolutionReason.MatrixReview));

        _ledger.Movements.Count.ShouldBe(journal);
        _ledger.Payments.Single().Waiting.ShouldNotContain(waiting => waiting.Type == type, "a person looks at it, no later event");
    }

    [Fact]
    public void An_unknown_type_is_a_no_op_that_no_payment_remembers()
    {
        Resolve(Shop.Event(PaymentEventType.Unknown)).ShouldBe((ResolutionKind.NoOp, ResolutionReason.UnknownEventType));

        _ledger.Payments.ShouldBeEmpty();
    }

    [Fact]
    public void An_unreadable_event_is_held() =>
        Resolve(Shop.Event(PaymentEventType.Unreadable)).ShouldBe((ResolutionKind.Held, ResolutionReason.UnreadablePayload));

    [Fact]
    public void An_event_without_its_payment_is_held_naming_what_is_missing()
    {
        var resolution = _ledger.Apply(Shop.Captured() with { PaymentObjectId = null });

        (resolution.Kind, resolution.Reason).ShouldBe((ResolutionKind.Held, ResolutionReason.MissingContext));
        resolution.MissingFields.ShouldBe(["payment_object_id"]);
    }

    [Fact]
    public void Events_wait_for_their_order_and_are_decided_with_the_checkout_that_names_the_payment()
    {
        var authorized = Shop.Authorized() with { OrderRef = null };
        var captured = Shop.Captured(5) with { OrderRef = null };
        _ledger.Apply(authorized).MissingFields.ShouldBe(["order_ref", "lines"]);
        _ledger.Apply(captured).MissingFields.ShouldBe(["order_ref", "lines"]);

        var decision = _ledger.Run(Shop.Reserve(Shop.Mugs(2)) with { PaymentObjectId = Shop.Payment });

        LedgerModel.Reserved(decision).State.ShouldBe(ReservationState.Committed);
        decision.EventResolutions.Select(each => (each.EventId, each.Kind, each.Reason, each.Moves)).ShouldBe(
            [
                (authorized.Id, ResolutionKind.NoOp, ResolutionReason.AlreadyThere, false),
                (captured.Id, ResolutionKind.Action, ResolutionReason.Committed, true),
            ]);
        _ledger.Payments.Single().ShouldSatisfyAllConditions(payment => payment.OrderRef.ShouldBe(Shop.Order), payment => payment.Waiting.ShouldAllBe(waiting => waiting.Judged!.Kind != ResolutionKind.Held));
    }

    [Fact]
    public void An_event_waits_for_lines_until_another_names_them()
    {
        _ledger.Apply(Shop.Captured(5)).MissingFields.ShouldBe(["lines"]);

        Resolve(Shop.Authorized(0).For(Shop.Mugs(2))).Kind.ShouldBe(ResolutionKind.NoOp);

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
        _ledger.Resolutions[Shop.Captured(5).Id].Reason.ShouldBe(ResolutionReason.Committed);
    }

    [Fact]
    public void An_event_whose_context_could_not_be_read_says_so_for_as_long_as_it_waits()
    {
        var captured = Shop.Captured() with { OrderRef = null, Problems = ["metadata.lines is no JSON"] };
        Resolve(captured).ShouldBe((ResolutionKind.Held, ResolutionReason.InvalidContext));

        _ledger.Apply(Shop.Authorized() with { OrderRef = null });

        _ledger.Resolutions[captured.Id].Reason.ShouldBe(ResolutionReason.InvalidContext);
    }

    [Fact]
    public void An_event_that_names_another_order_than_its_payment_has_is_held()
    {
        _ledger.Apply(Shop.Authorized().For(Shop.Mugs(2)));

        Resolve(Shop.Captured(5) with { OrderRef = "order-2" }).ShouldBe((ResolutionKind.Held, ResolutionReason.OrderDiffers));

        _ledger.Level(Shop.Mug).Committed.ShouldBe(0);
    }

    [Fact]
    public void A_payment_keeps_a_bounded_number_of_facts()
    {
        for (var number = 0; number < Payment.MaximumFacts; number++)
        {
            _ledger.Apply(Shop.Event(PaymentEventType.RefundFailed, number) with { ModificationRef = $"refund-{number}" });
        }

        Resolve(Shop.Authorized()).ShouldBe((ResolutionKind.Held, ResolutionReason.TooManyFacts));
        _ledger.Payments.Single().Facts.Length.ShouldBe(Payment.MaximumFacts);
    }

    [Fact]
    public void A_capture_that_failed_and_was_taken_again_commits()
    {
        var captured = Shop.Captured(1) with { ModificationRef = "capture-a" };
        var failed = Shop.Event(PaymentEventType.CaptureFailed, 2) with { ModificationRef = "capture-a" };
        _ledger.Apply(Shop.Authorized().For(Shop.Mugs(2)));
        _ledger.Apply(failed);
        Resolve(captured).Kind.ShouldBe(ResolutionKind.NoOp);
        _ledger.Level(Shop.Mug).Committed.ShouldBe(0);

        Resolve(captured.Again(3)).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));
    }

    [Fact]
    public void A_repeated_capture_that_cannot_be_served_is_held_though_the_first_report_of_it_was_not()
    {
        var captured = Shop.Captured(1).For(Shop.Mugs(9)) with { ModificationRef = "capture-a" };
        _ledger.Apply(Shop.Event(PaymentEventType.CaptureFailed, 2) with { ModificationRef = "capture-a" });
        Resolve(captured).Kind.ShouldBe(ResolutionKind.NoOp);

        Resolve(captured.Again(3)).ShouldBe((ResolutionKind.Held, ResolutionReason.PaidNotAvailable));
    }

    [Fact]
    public void A_failed_capture_does_not_undo_another_one()
    {
        _ledger.Apply(Shop.PartlyCaptured("capture-a", 1, Shop.Mugs(1)));
        _ledger.Apply(Shop.Event(PaymentEventType.CaptureFailed, 2) with { ModificationRef = "capture-b" });

        Resolve(Shop.Captured(0).For(Shop.Mugs(2))).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));
    }

    [Fact]
    public void Events_of_another_account_are_of_another_payment()
    {
        _ledger.Apply(Shop.Authorized().For(Shop.Mugs(1)));
        var elsewhere = Shop.Captured().For(Shop.Teas(1)) with { Id = new PaymentEventId("stripe", "account-2", "event-1"), OrderRef = "order-2" };

        Resolve(elsewhere).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));

        _ledger.Payments.Count.ShouldBe(2);
        _ledger.Level(Shop.Mug).Committed.ShouldBe(0);
    }

    private (ResolutionKind Kind, string Reason) Resolve(PaymentEvent paymentEvent)
    {
        var resolution = _ledger.Apply(paymentEvent);
        _ledger.Resolutions[paymentEvent.Id].ShouldBe(resolution);
        return (resolution.Kind, resolution.Reason);
    }
}
