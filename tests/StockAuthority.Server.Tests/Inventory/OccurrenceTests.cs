using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>A till that was offline says when its sales happened.</summary>
public sealed class OccurrenceTests(Ledger ledger) : IClassFixture<Ledger>
{
    private static readonly Timestamp Then = new() { Seconds = 1_700_000_000, Nanos = 123_456_000 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_journal_and_the_feed_say_when_it_happened(bool byStream)
    {
        var sku = await ledger.OpenAsync(5);
        var sale = Sale(sku, Then);
        var sequence = byStream ? await ExecuteAsync(sale) : (await ledger.Inventory.AdjustAsync(sale)).Sequence;

        var listed = (await ledger.Inventory.ListMovementsAsync(new ListMovementsRequest { TenantId = Tenant, Sku = sku })).Movements;
        listed.Select(movement => movement.OccurTime).ShouldBe([null, Then]);
        var read = await new ChangeFeedService.ChangeFeedServiceClient(ledger.Channel).ReadChangesAsync(
            new ReadChangesRequest { TenantId = Tenant, AfterSequence = sequence - 1, PageSize = 1 });
        read.Movements.ShouldBe([listed[^1]]);
    }

    [Fact]
    public async Task Counts_and_returns_say_so_too()
    {
        var sku = await ledger.OpenAsync(5);
        await ledger.Inventory.SetLevelsAsync(Count(sku, Then));
        await ledger.Inventory.ReceiveReturnAsync(Return(sku, Then));

        var listed = (await ledger.Inventory.ListMovementsAsync(new ListMovementsRequest { TenantId = Tenant, Sku = sku })).Movements;
        listed.Select(movement => movement.OccurTime).ShouldBe([null, Then, Then]);
    }

    [Fact]
    public async Task A_time_that_cannot_be_is_named_and_uses_up_no_key()
    {
        var sku = await ledger.OpenAsync(5);
        var ahead = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(6));
        foreach (var time in (Timestamp[])[ahead, new() { Seconds = 946_684_799, Nanos = 999_999_999 }, new() { Nanos = -1 }])
        {
            var (sale, count, goods) = (Sale(sku, time), Count(sku, time), Return(sku, time));
            foreach (var (code, info, _) in new[]
            {
                await RefusalAsync(ledger.Inventory.AdjustAsync(sale)),
                await RefusalAsync(ledger.Inventory.SetLevelsAsync(count)),
                await RefusalAsync(ledger.Inventory.ReceiveReturnAsync(goods)),
            })
            {
                (code, info.Reason, info.Metadata["fields"]).ShouldBe((StatusCode.InvalidArgument, "OUT_OF_RANGE", "occur_time"));
            }

            (await ledger.LevelAsync(sku)).Version.ShouldBe(1);
            sale.OccurTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(946_684_800));
            sale.Reason = AdjustmentReason.Receipt;
            sale.Lines[0].Quantity = 1;
            await ledger.Inventory.AdjustAsync(sale);
            sku = await ledger.OpenAsync(5);
        }
    }

    private async Task<long> ExecuteAsync(AdjustRequest request)
    {
        using var call = ledger.Inventory.Execute();
        await call.RequestStream.WriteAsync(new ExecuteRequest { Commands = { new ExecuteCommand { Adjust = request } } });
        await call.RequestStream.CompleteAsync();
        (await call.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
        return call.ResponseStream.Current.Outcomes[0].Adjust.Sequence;
    }

    private static AdjustRequest Sale(string sku, Timestamp time) => new()
    {
        TenantId = Tenant,
        IdempotencyKey = New("key"),
        DocumentRef = "till-7",
        Reason = AdjustmentReason.Sale,
        Lines = { Line(sku, -1) },
        OccurTime = time,
    };

    private static SetLevelsRequest Count(string sku, Timestamp time) => new()
    {
        TenantId = Tenant,
        IdempotencyKey = New("key"),
        DocumentRef = "sheet",
        Lines = { new CountedLine { Sku = sku, LocationId = Ledger.Location, CountedOnHand = 4, ExpectedVersion = 1 } },
        OccurTime = time,
    };

    private static ReceiveReturnRequest Return(string sku, Timestamp time) => new()
    {
        TenantId = Tenant,
        IdempotencyKey = New("key"),
        OrderRef = New("order"),
        DocumentRef = "return",
        Lines = { Line(sku, 1) },
        OccurTime = time,
    };
}
