using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;
using static StockAuthority.Server.Tests.Payments.MatrixServer;

namespace StockAuthority.Server.Tests.Payments;

/// <summary>The presets that ship, from the call to the database.</summary>
public sealed class PresetTests(TestPostgres databases)
{
    [Fact]
    public async Task Reserve_on_authorization()
    {
        await using var server = await StartAsync(databases, Shipped("presets/reserve-on-authorization.yaml"));
        var (sku, order, payment) = (await server.OpenAsync(10), New("order"), New("pi"));

        (await server.ApplyAsync(Event(PaymentEventType.AuthCreated, payment, order, lines: Line(sku, 2)))).ShouldBe((Resolution.Action, "RESERVED"));
        (await server.LevelAsync(sku)).ShouldBe((8, 2, 0));
        (await server.ApplyAsync(Event(PaymentEventType.AuthFailed, New("pi"), order))).Resolution.ShouldBe(Resolution.NoOp);
        (await server.LevelAsync(sku)).ShouldBe((8, 2, 0));
        (await server.ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, order))).ShouldBe((Resolution.Action, "COMMITTED"));
        (await server.LevelAsync(sku)).ShouldBe((8, 0, 2));
        (await server.ApplyAsync(Event(PaymentEventType.SettlementConfirmed, payment, order))).ShouldBe((Resolution.NoOp, "REPORTING_ONLY"));
        (await server.ApplyAsync(Event(PaymentEventType.RefundPosted, payment, order))).ShouldBe((Resolution.Held, "REFUND_REVIEW"));
        (await server.ApplyAsync(Event(PaymentEventType.ChargebackOpened, payment, order))).Resolution.ShouldBe(Resolution.Held);
        (await server.LevelAsync(sku)).ShouldBe((8, 0, 2));

        var (ended, endedOrder) = (New("pi"), New("order"));
        await server.ApplyAsync(Event(PaymentEventType.AuthCreated, ended, endedOrder, lines: Line(sku, 3)));
        (await server.ApplyAsync(Event(PaymentEventType.AuthVoided, ended, endedOrder))).ShouldBe((Resolution.Action, "RELEASED"));
        (await server.LevelAsync(sku)).ShouldBe((8, 0, 2));
    }

    [Fact]
    public async Task Deduct_at_settlement()
    {
        await using var server = await StartAsync(databases, Shipped("presets/deduct-at-settlement.yaml"));
        var (sku, order, payment) = (await server.OpenAsync(10), New("order"), New("pi"));

        (await server.ApplyAsync(Event(PaymentEventType.AuthCreated, payment, order, lines: Line(sku, 2)))).ShouldBe((Resolution.Action, "RESERVED"));
        (await server.ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, order))).ShouldBe((Resolution.NoOp, "ALREADY_THERE"));
        (await server.LevelAsync(sku)).ShouldBe((8, 2, 0));
        (await server.ApplyAsync(Event(PaymentEventType.SettlementConfirmed, payment, order))).ShouldBe((Resolution.Action, "COMMITTED"));
        (await server.LevelAsync(sku)).ShouldBe((8, 0, 2));

        var (ended, endedOrder) = (New("pi"), New("order"));
        await server.ApplyAsync(Event(PaymentEventType.AuthCreated, ended, endedOrder, lines: Line(sku, 3)));
        (await server.ApplyAsync(Event(PaymentEventType.AuthVoided, ended, endedOrder))).ShouldBe((Resolution.Action, "RELEASED"));
        (await server.LevelAsync(sku)).ShouldBe((8, 0, 2));
    }

    [Fact]
    public async Task Deduct_at_settlement_keeps_what_was_paid_until_the_money_arrives()
    {
        await using var server = await StartAsync(databases, Shipped("presets/deduct-at-settlement.yaml"));
        var (sku, order) = (await server.OpenAsync(10), New("order"));
        var reserve = Reserve(sku, 2, order: order);
        reserve.Ttl = new Google.Protobuf.WellKnownTypes.Duration { Seconds = 60 };
        var reservation = (await server.Inventory.ReserveAsync(reserve)).Reservation;
        var captured = Event(PaymentEventType.CaptureSucceeded, New("pi"), order);

        await server.ApplyAsync(captured);

        var held = (await server.Inventory.GetReservationAsync(new GetReservationRequest { TenantId = Tenant, ReservationId = reservation.ReservationId })).Reservation;
        held.ExpireTime.ToDateTimeOffset().ShouldBe(captured.OccurTime.ToDateTimeOffset().AddDays(90), TimeSpan.FromMilliseconds(1));
    }
}
