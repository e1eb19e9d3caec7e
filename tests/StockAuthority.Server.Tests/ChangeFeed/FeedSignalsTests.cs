using Shouldly;
using StockAuthority.Server.ChangeFeed;
using Xunit;

namespace StockAuthority.Server.Tests.ChangeFeed;

public sealed class FeedSignalsTests
{
    private static CancellationToken Bound => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task What_is_published_after_the_watch_began_is_not_missed_by_who_waits_later()
    {
        var signals = new FeedSignals();
        using var watch = signals.Watch("acme");

        signals.Publish("acme", 5);

        await watch.WaitBeyondAsync(4, Bound);
        watch.Latest.ShouldBe(5);
    }

    [Fact]
    public async Task A_watcher_is_woken_by_its_own_tenant_and_by_newer_sequences_only()
    {
        var signals = new FeedSignals();
        using var watch = signals.Watch("acme");
        signals.Publish("acme", 5);
        var waiting = watch.WaitBeyondAsync(5, Bound);

        signals.Publish("other", 9);
        signals.Publish("acme", 4);
        signals.Publish("acme", 5);
        waiting.IsCompleted.ShouldBeFalse();

        signals.Heard("acme", 6);
        await waiting;
    }

    [Fact]
    public async Task Every_watcher_reaches_the_last_of_many_racing_publications()
    {
        const int Publications = 50_000;
        var signals = new FeedSignals();
        var bound = Bound;
        var watchers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            using var watch = signals.Watch("acme");
            var reached = 0L;
            while (reached < Publications)
            {
                await watch.WaitBeyondAsync(reached, bound);
                watch.Latest.ShouldBeGreaterThan(reached);
                reached = watch.Latest;
            }
        })).ToArray();

        var all = Task.WhenAll(watchers);
        for (var sequence = 1; sequence <= Publications; sequence++)
        {
            signals.Publish("acme", sequence);
        }

        // Who began to watch after the last publication reads first, in the service; here polling tells it.
        while (!all.IsCompleted)
        {
            signals.Heard("acme", Publications);
            await Task.WhenAny(all, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, bound));
        }

        await all;
    }

    [Fact]
    public void A_tenant_is_forgotten_with_its_last_watcher()
    {
        var signals = new FeedSignals();
        var first = signals.Watch("acme");
        var second = signals.Watch("acme");

        first.Dispose();
        first.Dispose();
        signals.WatchedTenants.ShouldBe(["acme"]);
        second.Dispose();

        signals.WatchedTenants.ShouldBeEmpty();
        signals.Publish("acme", 1);
        signals.WatchedTenants.ShouldBeEmpty();
    }

    [Fact]
    public void Other_replicas_are_told_the_newest_sequence_of_each_tenant_and_never_what_they_told()
    {
        var signals = new FeedSignals();

        signals.Publish("acme", 1);
        signals.Publish("acme", 3);
        signals.Publish("other", 2);
        signals.Heard("third", 7);

        signals.Outgoing.Drain().ToDictionary(each => each.Key, each => each.Value.Value)
            .ShouldBe(new Dictionary<string, long> { ["acme"] = 3, ["other"] = 2 }, ignoreOrder: true);
    }
}
