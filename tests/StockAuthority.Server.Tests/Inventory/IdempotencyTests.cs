using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>One key, one effect, one answer.</summary>
public sealed class IdempotencyTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task The_same_request_gets_the_same_answer_and_moves_once()
    {
        var sku = await ledger.OpenAsync(10);
        var request = Reserve(sku, 4);

        var first = await ledger.Inventory.ReserveAsync(request);
        await ledger.Inventory.ReserveAsync(Reserve(sku, 1));
        var call = ledger.Inventory.ReserveAsync(request);
        var again = await call;

        again.ShouldBe(first);
        call.GetTrailers().GetValue("idempotent-replayed").ShouldBe("true");
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(5);
    }

    [Fact]
    public async Task A_refusal_is_given_again_even_when_stock_has_arrived_since()
    {
        var sku = await ledger.OpenAsync(1);
        var request = Reserve(sku, 2);
        var (_, first, _) = await RefusalAsync(ledger.Inventory.ReserveAsync(request));
        await ledger.Inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("key"),
            DocumentRef = "delivery",
            Reason = AdjustmentReason.Receipt,
            Lines = { Line(sku, 10) },
        });

        var (_, again, _) = await RefusalAsync(ledger.Inventory.ReserveAsync(request));

        again.ShouldBe(first);
        (await ledger.LevelAsync(sku)).Available.ShouldBe(11);
    }

    [Fact]
    public async Task The_key_with_another_request_is_refused()
    {
        var sku = await ledger.OpenAsync(10);
        var request = Reserve(sku, 1);
        var reserved = await ledger.Inventory.ReserveAsync(request);

        var more = request.Clone();
        more.Lines[0].Quantity = 2;
        var (code, info, _) = await RefusalAsync(ledger.Inventory.ReserveAsync(more));
        (code, info.Reason).ShouldBe((StatusCode.AlreadyExists, "IDEMPOTENCY_KEY_REUSED"));

        var commit = Commit(reserved.Reservation, Line(sku, 1));
        commit.IdempotencyKey = request.IdempotencyKey;
        (code, info, _) = await RefusalAsync(ledger.Inventory.CommitAsync(commit));
        (code, info.Reason).ShouldBe((StatusCode.AlreadyExists, "IDEMPOTENCY_KEY_REUSED"));
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(1);
    }

    [Fact]
    public async Task One_key_sent_fifty_times_at_once_reserves_once()
    {
        var sku = await ledger.OpenAsync(100);
        var request = Reserve(sku, 1);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => ledger.Inventory.ReserveAsync(request).ResponseAsync));

        answers.Distinct().ShouldHaveSingleItem();
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(1);
    }
}
