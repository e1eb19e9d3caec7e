using Google.Protobuf.WellKnownTypes;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>A lane that decides from memory must be as right as one that reads, whoever else wrote meanwhile.</summary>
public sealed class MemoryTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task What_another_server_took_is_not_granted_from_memory()
    {
        await using var other = await ServerProcess.StartAsync(ledger.Database.ConnectionString, NoRedis);
        using var channel = await other.ChannelAsync();
        var (here, there) = (ledger.Inventory, new InventoryService.InventoryServiceClient(channel));
        var sku = await ledger.OpenAsync(100);
        for (var turn = 0; turn < 25; turn++)
        {
            await here.ReserveAsync(Reserve(sku, 2));
            await there.ReserveAsync(Reserve(sku, 1));
            await there.ReserveAsync(Reserve(sku, 1));
        }

        (await RefusalAsync(here.ReserveAsync(Reserve(sku, 1)))).Info.Reason.ShouldBe("INSUFFICIENT_STOCK");
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(100);
    }

    [Fact]
    public async Task What_another_server_gave_back_is_granted()
    {
        await using var other = await ServerProcess.StartAsync(ledger.Database.ConnectionString, NoRedis);
        using var channel = await other.ChannelAsync();
        var there = new InventoryService.InventoryServiceClient(channel);
        var sku = await ledger.OpenAsync(1);
        var held = await ledger.Inventory.ReserveAsync(Reserve(sku, 1));
        (await RefusalAsync(ledger.Inventory.ReserveAsync(Reserve(sku, 1)))).Info.Reason.ShouldBe("INSUFFICIENT_STOCK");

        await there.ReleaseAsync(Release(held.Reservation, Line(sku, 1)));

        await ledger.Inventory.ReserveAsync(Reserve(sku, 1));
    }

    [Fact]
    public async Task A_key_that_another_server_answered_gets_that_answer()
    {
        await using var other = await ServerProcess.StartAsync(ledger.Database.ConnectionString, NoRedis);
        using var channel = await other.ChannelAsync();
        var sku = await ledger.OpenAsync(10);
        await ledger.Inventory.ReserveAsync(Reserve(sku, 1));
        var request = Reserve(sku, 1);
        var answer = await new InventoryService.InventoryServiceClient(channel).ReserveAsync(request);

        (await ledger.Inventory.ReserveAsync(request)).ShouldBe(answer);
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_payment_that_came_first_is_found_although_the_level_is_remembered(bool byOrder)
    {
        var (sku, order, payment) = (await ledger.OpenAsync(10), New("order"), New("pi"));
        await ledger.Inventory.ReserveAsync(Reserve(sku, 1));
        await ledger.Payments.ApplyPaymentEventAsync(new ApplyPaymentEventRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("delivery"),
            Event = new PaymentEvent
            {
                EventType = PaymentEventType.CaptureSucceeded,
                Provider = "stripe",
                Account = "test",
                ProviderEventId = New("evt"),
                PaymentObjectId = payment,
                OrderRef = byOrder ? order : "",
                FullAmount = true,
                OccurTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000)),
                SchemaVersion = 1,
            },
        });

        // Remembered by now: the payment's own batch touched this level's tenant last.
        await ledger.Inventory.ReserveAsync(Reserve(sku, 1));
        var request = Reserve(sku, 3, order: order);
        request.PaymentObjectId = byOrder ? "" : payment;
        await ledger.Inventory.ReserveAsync(request);

        var level = await ledger.LevelAsync(sku);
        (level.Reserved, level.Committed).ShouldBe((2, 3));
    }

    [Fact]
    public async Task Times_never_run_against_the_sequence()
    {
        var sku = await ledger.OpenAsync(10);
        await using (var command = ledger.Database.DataSource.CreateCommand("UPDATE tenants SET last_recorded_at = now() + interval '1 hour', head_version = head_version + 1"))
        {
            await command.ExecuteNonQueryAsync();
        }

        await ledger.Inventory.ReserveAsync(Reserve(sku, 1));
        await ledger.Inventory.ReserveAsync(Reserve(sku, 1));

        await using var check = ledger.Database.DataSource.CreateCommand(
            "SELECT count(*) FROM movements m JOIN movements n ON n.tenant_id = m.tenant_id AND n.sequence = m.sequence + 1 WHERE n.recorded_at < m.recorded_at");
        (await check.ExecuteScalarAsync()).ShouldBe(0L);
        await using var last = ledger.Database.DataSource.CreateCommand("SELECT max(recorded_at) > now() + interval '59 minutes' FROM movements");
        (await last.ExecuteScalarAsync()).ShouldBe(true);
    }
}
