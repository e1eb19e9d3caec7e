using Npgsql;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Inventory;
using Xunit;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>A command over which the deciding code itself breaks: that one is told so, and its lane goes on.</summary>
public sealed class PoisonTests(Ledger ledger) : IClassFixture<Ledger>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_command_that_cannot_be_decided_spoils_neither_its_batch_nor_its_lane()
    {
        var key = new StockKey(await ledger.OpenAsync(10), Ledger.Location);
        await using var source = NpgsqlDataSource.Create(ledger.Database.ConnectionString);
        await using var lane = Lanes.Over(source, TimeProvider.System);
        var running = lane.RunAsync(CancellationToken.None);

        // The first one makes the lane remember what the others need.
        await Enqueue(lane, [new StockLine(key, 1)]).Answer.WaitAsync(Bound);
        AwaitedCommand[] batch = [Enqueue(lane, [new StockLine(key, 2)]), Enqueue(lane, default), Enqueue(lane, [new StockLine(key, 3)])];
        var answers = await Task.WhenAll(batch.Select(command => command.Answer)).WaitAsync(Bound);
        var later = await Enqueue(lane, [new StockLine(key, 4)]).Answer.WaitAsync(Bound);
        lane.Complete();
        await running;

        answers[1].Refusal.ShouldNotBeNull().Message.ShouldStartWith("This command cannot be executed.");
        answers[0].Refusal.ShouldBeNull();
        answers[2].Refusal.ShouldBeNull();
        later.Refusal.ShouldBeNull();
        (await ledger.LevelAsync(key.Sku)).Reserved.ShouldBe(10);
    }

    private static AwaitedCommand Enqueue(Lane lane, System.Collections.Immutable.ImmutableArray<StockLine> lines)
    {
        var command = new AwaitedCommand(
            Ledger.Tenant, Ledger.New("key"), new StockCommand.Reserve(Ledger.New("order"), null, null, lines, null), null, [], CancellationToken.None);
        lane.TryEnqueue(command).ShouldBeTrue();
        return command;
    }
}
