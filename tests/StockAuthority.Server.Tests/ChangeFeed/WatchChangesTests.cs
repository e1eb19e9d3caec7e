using System.Globalization;
using Google.Rpc;
using Grpc.Core;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Tests.Availability;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Server.Tests.ChangeFeed;

public sealed class WatchChangesTests(FeedFixture fixture) : IClassFixture<FeedFixture>
{
    private Stage Stage => fixture.Stage;

    [Fact]
    public async Task Concurrent_writers_are_seen_gapless_and_in_order_by_everyone()
    {
        const int Writers = 8;
        const int Changes = 60;
        var tenant = await fixture.NewTenantAsync();
        await using var early = new Subscriber(Stage.Channel, tenant);
        await using var other = new Subscriber(Stage.Channel, tenant);
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            for (var change = 0; change < Changes; change++)
            {
                await Stage.AdjustAsync($"sku-{(writer + change) % 5}", 1, tenant);
            }
        }));
        await Eventually.Holds(() => early.Sequences.Count > 50);
        await using var late = new Subscriber(Stage.Channel, tenant);
        await writing;

        long[] all = [.. Enumerable.Range(1, Writers * Changes)];
        foreach (var subscriber in new[] { early, other, late })
        {
            await Eventually.Holds(() => subscriber.Sequences.Count >= all.Length);
            subscriber.Sequences.ShouldBe(all);
            foreach (var message in subscriber.Messages)
            {
                message.HeadSequence.ShouldBeGreaterThanOrEqualTo(message.Movements[^1].Sequence);
                LevelsShouldFit(message.Movements, message.Levels);
            }
        }
    }

    [Fact]
    public async Task A_watcher_resumes_after_the_sequence_that_it_has()
    {
        var tenant = await fixture.NewTenantAsync();
        for (var change = 0; change < 10; change++)
        {
            await Stage.AdjustAsync("sku", 1, tenant);
        }

        await using var subscriber = new Subscriber(Stage.Channel, tenant, after: 7);
        await Eventually.Holds(() => subscriber.Sequences.Count == 3);
        await using var caughtUp = new Subscriber(Stage.Channel, tenant, after: 10);
        await Stage.AdjustAsync("sku", 1, tenant);

        await Eventually.Holds(() => subscriber.Sequences.Count == 4 && caughtUp.Sequences.Count == 1);
        subscriber.Sequences.ShouldBe([8, 9, 10, 11]);
        caughtUp.Sequences.ShouldBe([11]);
    }

    [Fact]
    public async Task A_reader_that_pauses_misses_nothing()
    {
        const int Batches = 20;
        const int Lines = 200;
        var tenant = await fixture.NewTenantAsync();
        using var call = new ChangeFeedService.ChangeFeedServiceClient(Stage.Channel).WatchChanges(new WatchChangesRequest { TenantId = tenant });
        for (var batch = 0; batch < Batches; batch++)
        {
            await AdjustManyAsync(tenant, Lines);
        }

        // Only now does it begin to read.
        var next = 1L;
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (next <= Batches * Lines && await call.ResponseStream.MoveNext(bound.Token))
        {
            call.ResponseStream.Current.Movements.Count.ShouldBeInRange(1, 500);
            foreach (var movement in call.ResponseStream.Current.Movements)
            {
                movement.Sequence.ShouldBe(next++);
            }
        }

        next.ShouldBe((Batches * Lines) + 1);
    }

    [Fact]
    public async Task A_watcher_of_one_tenant_hears_nothing_of_another()
    {
        var (mine, other) = (await fixture.NewTenantAsync(), await fixture.NewTenantAsync());
        await using var subscriber = new Subscriber(Stage.Channel, mine);

        await Stage.AdjustAsync("theirs", 1, other);
        await Stage.AdjustAsync("ours", 1, mine);

        await Eventually.Holds(() => subscriber.Sequences.Count > 0);
        subscriber.Messages.SelectMany(message => message.Movements).Select(movement => movement.Sku).ShouldBe(["ours"]);
    }

    [Fact]
    public async Task An_unknown_tenant_and_a_sequence_beyond_the_journal_end_the_stream_with_their_reason()
    {
        var tenant = await fixture.NewTenantAsync();
        await Stage.AdjustAsync("sku", 1, tenant);

        await ShouldEndAsync("nobody", 0, StatusCode.NotFound, "UNKNOWN_TENANT");
        await ShouldEndAsync(tenant, 2, StatusCode.FailedPrecondition, "SEQUENCE_NOT_REACHED");
        await ShouldEndAsync(tenant, -1, StatusCode.InvalidArgument, "OUT_OF_RANGE");
        await ShouldEndAsync(tenant, long.MaxValue, StatusCode.FailedPrecondition, "SEQUENCE_NOT_REACHED");
    }

    [Fact]
    public async Task A_change_reaches_its_watchers_quickly()
    {
        const int Changes = 200;
        var tenant = await fixture.NewTenantAsync();
        await Stage.AdjustAsync("sku", 1, tenant);
        await using var subscriber = new Subscriber(Stage.Channel, tenant, after: 1);

        // One after another: what the wake-up itself costs.
        var idle = new List<double>();
        for (var change = 0; change < Changes; change++)
        {
            idle.Add(await MeasureAsync(subscriber, tenant));
        }

        // Sixteen at a time: the same, while the ledger and the feed are busy.
        var busy = (await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            var measured = new List<double>();
            for (var change = 0; change < Changes / 4; change++)
            {
                measured.Add(await MeasureAsync(subscriber, tenant));
            }

            return measured;
        }))).SelectMany(each => each).ToList();

        Report("one after another", idle);
        Report("sixteen at a time", busy);

        // A lost wake-up would show as the poll interval. The bound leaves room for a busy machine.
        Median(idle).ShouldBeLessThan(100);
        Median(busy).ShouldBeLessThan(200);
    }

    private static void Report(string name, List<double> milliseconds) => TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"answer to subscriber, {name}: median {Median(milliseconds):0.0} ms, 99% {milliseconds.Order().ElementAt(milliseconds.Count * 99 / 100):0.0} ms"));

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>From the answer of the change, which follows its commit, to its arrival; 0 where the watcher was faster.</summary>
    private async Task<double> MeasureAsync(Subscriber subscriber, string tenant)
    {
        var changed = await Stage.AdjustAsync("sku", 1, tenant);
        var answered = TimeProvider.System.GetTimestamp();
        await Eventually.Holds(() => subscriber.Arrival(changed.Sequence) is not null);
        return Math.Max(0, TimeProvider.System.GetElapsedTime(answered, subscriber.Arrival(changed.Sequence)!.Value).TotalMilliseconds);
    }

    private static void LevelsShouldFit(IReadOnlyCollection<Movement> movements, IReadOnlyCollection<StockLevel> levels)
    {
        levels.Select(level => level.Sku).Order().ShouldBe(movements.Select(movement => movement.Sku).Distinct().Order());
        foreach (var level in levels)
        {
            level.Sequence.ShouldBeGreaterThanOrEqualTo(movements.Last(movement => movement.Sku == level.Sku).Sequence);
            level.Version.ShouldBeGreaterThanOrEqualTo(movements.Last(movement => movement.Sku == level.Sku).LevelVersion);
        }
    }

    private async Task AdjustManyAsync(string tenant, int lines) =>
        await new InventoryService.InventoryServiceClient(Stage.Channel).AdjustAsync(new AdjustRequest
        {
            TenantId = tenant,
            IdempotencyKey = Guid.NewGuid().ToString("N"),
            DocumentRef = "delivery",
            Reason = AdjustmentReason.Receipt,
            Lines = { Enumerable.Range(0, lines).Select(line => new StockLine { Sku = $"sku-{line}", LocationId = Stage.Location, Quantity = 1 }) },
        });

    private async Task ShouldEndAsync(string tenant, long after, StatusCode status, string reason)
    {
        await using var subscriber = new Subscriber(Stage.Channel, tenant, after);
        var error = await Should.ThrowAsync<RpcException>(subscriber.Ended.WaitAsync(TimeSpan.FromSeconds(20)));
        error.StatusCode.ShouldBe(status);
        error.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason.ShouldBe(reason);
    }
}
