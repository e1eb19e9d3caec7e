using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using StockAuthority.Server.Inventory;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>Old answers go, in steps; younger ones stay.</summary>
public sealed class OutcomeRetentionTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task Answers_past_their_retention_are_removed_wherever_they_are_in_the_table()
    {
        var sku = await ledger.OpenAsync(10_000);
        await ExecuteAsync(
            """
            INSERT INTO outcomes (idempotency_key, tenant_id, fingerprint, answer_kind, answer, recorded_at)
            SELECT 'old-' || n, 'acme', '\x00', 1, decode(repeat('00', 1500), 'hex'), now() - CASE WHEN n % 2 = 0 THEN interval '36 days' ELSE interval '34 days' END
            FROM generate_series(1, 4000) AS n
            """);
        var request = Reserve(sku, 1);
        var answer = await ledger.Inventory.ReserveAsync(request);

        var retention = new OutcomeRetention(
            ledger.Database.DataSource, Options.Create(new LedgerOptions()), TimeProvider.System, NullLogger<OutcomeRetention>.Instance);
        List<int> removed = [];
        do
        {
            removed.Add(await retention.StepAsync(CancellationToken.None));
        }
        while (removed.Sum() < 2_000 && removed.Count < 100);

        removed.Sum().ShouldBe(2_000);
        removed.Count(count => count > 0).ShouldBeGreaterThan(1);
        (await CountAsync("SELECT count(*) FROM outcomes WHERE recorded_at < now() - interval '35 days'")).ShouldBe(0);
        (await CountAsync("SELECT count(*) FROM outcomes WHERE idempotency_key LIKE 'old-%'")).ShouldBe(2_000);
        (await ledger.Inventory.ReserveAsync(request)).ShouldBe(answer);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = ledger.Database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var command = ledger.Database.DataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
