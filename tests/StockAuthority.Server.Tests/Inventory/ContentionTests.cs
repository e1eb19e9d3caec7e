using Npgsql;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>A lane whose tenants another server writes as well.</summary>
public sealed class ContentionTests(Ledger ledger) : IClassFixture<Ledger>
{
    private const string Application = "contended-lane";

    [Fact]
    public async Task What_arrives_while_a_batch_waits_for_its_tenant_is_decided_with_it_and_another_tenants_right_after()
    {
        var sku = await ledger.OpenAsync(10);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ledger.Database.ConnectionString) { ApplicationName = Application }.ConnectionString);
        List<CommittedBatch> committed = [];
        await using var lane = Lanes.Over(source, TimeProvider.System, committed.Add);
        var running = lane.RunAsync(CancellationToken.None);

        // What it remembers is not true any more: from now on it knows that it is not alone.
        await Send(Tenant).Answer;
        await using (var overtaking = ledger.Database.DataSource.CreateCommand("UPDATE tenants SET head_version = head_version + 1"))
        {
            await overtaking.ExecuteNonQueryAsync();
        }

        await Send(Tenant).Answer;

        AwaitedCommand first, joining, others;
        await using (var other = await ledger.Database.DataSource.OpenConnectionAsync())
        await using (var transaction = await other.BeginTransactionAsync())
        {
            await using var locking = new NpgsqlCommand("SELECT FROM tenants FOR UPDATE", other, transaction);
            await locking.ExecuteNonQueryAsync();
            first = Send(Tenant);
            await Eventually.Holds(() => LockWaits.AnyAsync(ledger.Database.DataSource, Application));
            (joining, others) = (Send(Tenant), Send("another-tenant"));
            await transaction.CommitAsync();
        }

        (await first.Answer).Refusal.ShouldBeNull();
        (await joining.Answer).Refusal.ShouldBeNull();

        // Nothing more comes that could wake the lane.
        (await others.Answer.WaitAsync(TimeSpan.FromSeconds(30))).Refusal.ShouldNotBeNull("nobody registered that tenant");
        lane.Complete();
        await running;
        committed.Select(batch => batch.Tenants[0].LastSequence - batch.Tenants[0].FirstSequence + 1).ShouldBe([1, 1, 2], "movements of each batch");
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(4);

        AwaitedCommand Send(string tenantId)
        {
            var command = new AwaitedCommand(
                tenantId, New("key"), new StockCommand.Reserve(New("order"), null, null, [new StockLine(new StockKey(sku, Location), 1)], null), null, [], CancellationToken.None);
            lane.TryEnqueue(command).ShouldBeTrue();
            return command;
        }
    }
}
