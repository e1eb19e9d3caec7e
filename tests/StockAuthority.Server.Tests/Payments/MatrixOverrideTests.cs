using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.MatrixFile;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;
using static StockAuthority.Server.Tests.Payments.MatrixServer;

namespace StockAuthority.Server.Tests.Payments;

/// <summary>Rows for some tenants and SKU classes, and release windows, from the call to the database.</summary>
public sealed class MatrixOverrideTests(TestPostgres databases)
{
    private const string Overrides =
        """
        release_windows: {default: 7d, voucher: 2h}
        sku_classes:
          - {name: made-to-order, skus: [custom-*]}
        overrides:
          - name: globex
            tenants: [globex]
            events:
              - {event: auth-created, inventory_action: None, ledger_action: none, finality: provisional, reversal: auth-voided, exception_path: none, owner: checkout}
          - name: made-to-order
            sku_classes: [made-to-order]
            events:
              - {event: capture-succeeded, inventory_action: Reserve, ledger_action: receivable, finality: provisional, reversal: capture-failed, exception_path: none, owner: payments}
              - {event: settlement-confirmed, inventory_action: Commit, ledger_action: settle-receivable, finality: final, reversal: none, exception_path: none, owner: finance}

        """;

    [Fact]
    public async Task Tenants_and_classes_have_their_own_rows_and_every_resolution_records_the_files_version()
    {
        var path = await SignedAsync(Draft(Overrides));
        await using var server = await StartAsync(databases, path);
        var (mug, custom, order, payment) = (await server.OpenAsync(10), New("custom"), New("order"), New("pi"));
        await ReceiveAsync(server, Tenant, custom);
        await server.Catalogue.PutTenantAsync(new PutTenantRequest { TenantId = "globex" });
        await server.Catalogue.PutLocationAsync(new PutLocationRequest { TenantId = "globex", LocationId = Inventory.Ledger.Location });
        await ReceiveAsync(server, "globex", mug);

        (await server.ApplyAsync(Event(PaymentEventType.AuthCreated, New("pi"), New("order"), lines: Line(mug, 1)), "globex")).ShouldBe((Resolution.NoOp, "REPORTING_ONLY"));
        (await server.ApplyAsync(Event(PaymentEventType.AuthCreated, payment, order, lines: [Line(mug, 2), Line(custom, 1)]))).ShouldBe((Resolution.Action, "RESERVED"));
        (await server.ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, order))).ShouldBe((Resolution.Action, "COMMITTED"));
        (await server.LevelAsync(mug)).ShouldBe((8, 0, 2));
        (await server.LevelAsync(custom)).ShouldBe((9, 1, 0));
        (await server.ApplyAsync(Event(PaymentEventType.SettlementConfirmed, payment, order))).ShouldBe((Resolution.Action, "COMMITTED"));
        (await server.LevelAsync(custom)).ShouldBe((9, 0, 1));

        var version = TriggerMatrixText.Read(path).Matrices!.Sha256;
        (await server.ListAsync(payment)).Select(each => each.MatrixVersion).Distinct().ShouldBe([version]);
    }

    [Fact]
    public async Task A_method_with_a_short_window_is_held_no_longer()
    {
        await using var server = await StartAsync(databases, await SignedAsync(Draft(Overrides)));
        var (sku, order) = (await server.OpenAsync(10), New("order"));
        var authorized = Event(PaymentEventType.AuthCreated, New("pi"), order, lines: Line(sku, 2));
        authorized.PaymentMethod = "voucher";
        await server.ApplyAsync(authorized);

        var late = Event(PaymentEventType.AuthCreated, New("pi"), New("order"), authorized.OccurTime.ToDateTimeOffset().AddHours(-2), Line(sku, 2));
        late.PaymentMethod = "voucher";
        (await server.ApplyAsync(late)).ShouldBe((Resolution.NoOp, "RESERVATION_EXPIRED"));

        var reservation = (await server.Inventory.ListReservationsAsync(new ListReservationsRequest { TenantId = Tenant, OrderRef = order })).Reservations.ShouldHaveSingleItem();
        reservation.ExpireTime.ToDateTimeOffset().ShouldBe(authorized.OccurTime.ToDateTimeOffset().AddHours(2), TimeSpan.FromMilliseconds(1));
        (await server.LevelAsync(sku)).ShouldBe((8, 2, 0));
    }

    private static Task<AdjustResponse> ReceiveAsync(MatrixServer server, string tenant, string sku) => server.Inventory.AdjustAsync(new AdjustRequest
    {
        TenantId = tenant,
        IdempotencyKey = New("key"),
        DocumentRef = "opening",
        Reason = AdjustmentReason.OpeningBalance,
        Lines = { Line(sku, 10) },
    }).ResponseAsync;
}
