using Shouldly;
using StockAuthority.Cli.Verification;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Cli.Tests.Shop;

namespace StockAuthority.Cli.Tests.Verification;

/// <summary>The verification with tiny pages and buffers, so that every boundary is met.</summary>
public sealed class LedgerVerificationTests(Shop shop) : IClassFixture<Shop>
{
    private static readonly VerificationOptions Tiny = new() { MovementsPerPage = 3, RowsPerPage = 2, LevelsInMemory = 3, KeysInMemory = 2 };

    [Fact]
    public async Task Tiny_pages_find_what_large_ones_find()
    {
        var (good, bad) = (await shop.TradeAsync(), await shop.TradeAsync());
        await shop.TamperAsync(bad, "UPDATE movements SET idempotency_key = (SELECT idempotency_key FROM movements WHERE tenant_id = $1 AND sequence = 3) WHERE tenant_id = $1 AND sequence = 8");
        await Journal.ChainAgainAsync(shop, bad);
        await shop.TamperAsync(bad, "UPDATE reservations SET lines = jsonb_set(lines, '{0,reserved}', '4') WHERE tenant_id = $1 AND reservation_number = 14");
        await shop.TamperAsync(bad, "UPDATE stock_levels SET available = available + 1 WHERE tenant_id = $1 AND sku = 'tea'");

        var tiny = await VerifyAsync(Tiny);
        var large = await VerifyAsync(new VerificationOptions());

        tiny.Problems.ShouldBe(large.Problems);
        tiny.Problems.Select(problem => (problem.Kind, problem.Count)).ShouldBe(
            [(ProblemKind.WrongLevel, 1), (ProblemKind.WrongReservation, 1), (ProblemKind.RepeatedKey, 1)]);
        tiny.Problems.ShouldAllBe(problem => problem.First.TenantId == bad);
        (await VerifyAsync(Tiny with { TenantId = good })).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_expiry_needs_no_outcome()
    {
        var tenant = await shop.OpenAsync();
        var request = Reserve(tenant, null, Line(Mug, 1));
        request.Ttl = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(1));
        await shop.Inventory.ReserveAsync(request);
        await Eventually.Holds(async () => await shop.ReadAsync<long>(tenant, "SELECT count(*) FROM movements WHERE tenant_id = $1 AND operation = 6") == 1);

        (await VerifyAsync(Tiny with { TenantId = tenant })).Problems.ShouldBeEmpty();
    }

    /// <summary>Pages of levels and reservations are all of different moments here; none may be mistaken for damage.</summary>
    [Fact]
    public async Task A_ledger_that_is_written_meanwhile_verifies()
    {
        var tenant = await shop.OpenAsync();
        using var done = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 8).Select(_ => Task.Run(() => WriteAsync(tenant, () => done.IsCancellationRequested))).ToArray();
        try
        {
            long atFirst = 0, atLast = 0;
            for (var turn = 0; turn < 5; turn++)
            {
                var report = await VerifyAsync(Tiny with { TenantId = tenant, MovementsPerPage = 100, RowsPerPage = 25 });
                report.Problems.ShouldBeEmpty();
                atFirst = turn == 0 ? report.Movements : atFirst;
                atLast = report.Movements;
            }

            atLast.ShouldBeGreaterThan(atFirst, "nothing was written meanwhile");
        }
        finally
        {
            await done.CancelAsync();
            await Task.WhenAll(writers);
        }

        (await VerifyAsync(new VerificationOptions { TenantId = tenant })).Problems.ShouldBeEmpty();
    }

    private async Task WriteAsync(string tenant, Func<bool> isDone)
    {
        var sku = New("sku");
        await shop.AdjustAsync(tenant, AdjustmentReason.OpeningBalance, Line(sku, 1_000_000));
        while (!isDone())
        {
            var reservation = await shop.ReserveAsync(tenant, null, Line(sku, 3), Line(Mug, 1));
            await shop.Inventory.CommitAsync(new CommitRequest { TenantId = tenant, IdempotencyKey = New("key"), ReservationId = reservation, Lines = { Line(sku, 1) } });
            await shop.Inventory.ReleaseAsync(new ReleaseRequest { TenantId = tenant, IdempotencyKey = New("key"), ReservationId = reservation, Lines = { Line(Mug, 1) } });
            await shop.AdjustAsync(tenant, AdjustmentReason.Receipt, Line(New("sku"), 1));
        }
    }

    private Task<VerificationReport> VerifyAsync(VerificationOptions options) =>
        LedgerVerification.RunAsync(shop.Database.ConnectionString, options, static _ => { }, TimeProvider.System);
}
