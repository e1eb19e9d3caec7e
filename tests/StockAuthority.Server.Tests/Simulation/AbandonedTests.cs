using Npgsql;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Inventory;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>Callers who give up while it is not known whether their command was done; the simulator found it.</summary>
public sealed class AbandonedTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task A_caller_who_gives_up_after_its_commit_lost_its_answer_is_not_told_that_nothing_happened()
    {
        var database = new NpgsqlConnectionStringBuilder(ledger.Database.ConnectionString);
        await using var proxy = new DatabaseProxy(database.Port);
        database.Port = proxy.Port;
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        using var activity = new Activity();
        var clock = new VirtualClock(TimeProvider.System.GetUtcNow(), activity);
        await using var lane = Lanes.Over(source, clock);
        using var givingUp = new CancellationTokenSource();
        var sku = Ledger.New("sku");
        var key = new StockKey(sku, Ledger.Location);
        var receipt = new StockCommand.Adjust("delivery-note", AdjustmentReason.Receipt, [new StockLine(key, 5)]);
        var pending = new AwaitedCommand(Ledger.Tenant, Ledger.New("key"), receipt, null, [], givingUp.Token);

        proxy.CutCommit();
        lane.TryEnqueue(pending).ShouldBeTrue();
        lane.Complete();
        var running = lane.RunAsync(CancellationToken.None);
        await Eventually.Holds(() => clock.HasSleeper);
        await givingUp.CancelAsync();
        clock.Wake();
        await running;

        (await pending.Answer).Refusal.ShouldBeNull();
        (await ledger.LevelAsync(sku)).Available.ShouldBe(5);
    }
}
