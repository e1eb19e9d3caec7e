using System.Globalization;
using Shouldly;
using StockAuthority.Server.Tests.Availability;
using StockAuthority.Testing;
using StockAuthority.Testing.Redis;
using Xunit;

namespace StockAuthority.Server.Tests.ChangeFeed;

/// <summary>Several replicas, and replicas that stop.</summary>
public sealed class ReplicaTests(TestPostgres databases)
{
    /// <summary>So long that nothing in a test can be found by polling.</summary>
    private static readonly Dictionary<string, string> WithoutPolling = new() { ["ChangeFeed__PollInterval"] = "00:01:00" };

    [Fact]
    public async Task A_change_made_through_one_replica_wakes_the_watchers_of_another()
    {
        await using var stage = await Stage.StartAsync(databases, await RedisServer.CreateAsync(), WithoutPolling);
        var (_, other) = await stage.AddServerAsync(stage.Redis.Endpoint, WithoutPolling);
        await using var subscriber = new Subscriber(other, Stage.Tenant);
        var delays = new List<double>();
        for (var change = 1; change <= 50; change++)
        {
            await stage.AdjustAsync("sku");
            var answered = TimeProvider.System.GetTimestamp();
            await Eventually.Holds(() => subscriber.Sequences.Count == change);
            delays.Add(Math.Max(0, TimeProvider.System.GetElapsedTime(answered, subscriber.Arrival(change)!.Value).TotalMilliseconds));
        }

        subscriber.Sequences.ShouldBe([.. Enumerable.Range(1, 50)]);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"answer to subscriber of the other replica: median {delays.Order().ElementAt(25):0.0} ms, slowest {delays.Max():0.0} ms"));
    }

    [Fact]
    public async Task Without_wake_ups_a_change_arrives_by_polling()
    {
        await using var stage = await Stage.StartAsync(databases, new RedisServer());
        var (_, other) = await stage.AddServerAsync(stage.Redis.Endpoint);
        await using var subscriber = new Subscriber(other, Stage.Tenant);

        for (var change = 1; change <= 5; change++)
        {
            await stage.AdjustAsync("sku");
            await Eventually.Holds(() => subscriber.Sequences.Count == change, TimeSpan.FromSeconds(5));
        }
    }

    [Fact]
    public async Task Wake_ups_flow_again_after_redis_was_away()
    {
        await using var stage = await Stage.StartAsync(databases, await RedisServer.CreateAsync(), WithoutPolling);
        var (_, other) = await stage.AddServerAsync(stage.Redis.Endpoint, WithoutPolling);
        await using var subscriber = new Subscriber(other, Stage.Tenant);
        await stage.AdjustAsync("sku");
        await Eventually.Holds(() => subscriber.Sequences.Count == 1);

        await stage.Redis.StopAsync();
        await stage.AdjustAsync("sku");
        await stage.Redis.StartAsync();

        // The change above was told to nobody; the first one that is told brings it along.
        var changes = 2L;
        await Eventually.Holds(async () =>
        {
            changes = (await stage.AdjustAsync("sku")).Sequence;
            return subscriber.Sequences.Count >= 3;
        });
        await Eventually.Holds(() => subscriber.Sequences.Count == changes);
        subscriber.Sequences.ShouldBe([.. Enumerable.Range(1, (int)changes)]);
    }

    [Fact]
    public async Task Two_replicas_that_write_one_tenant_make_one_gapless_journal()
    {
        await using var stage = await Stage.StartAsync(databases, await GarnetRedis.CreateAsync());
        var (_, other) = await stage.AddServerAsync(stage.Redis.Endpoint);
        await using var here = new Subscriber(stage.Channel, Stage.Tenant);
        await using var there = new Subscriber(other, Stage.Tenant);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(change => stage.AdjustAsync($"sku-{change % 7}", through: change % 2 == 0 ? stage.Channel : other)));

        await Eventually.Holds(() => here.Sequences.Count >= 200 && there.Sequences.Count >= 200);
        here.Sequences.ShouldBe([.. Enumerable.Range(1, 200)]);
        there.Sequences.ShouldBe(here.Sequences);
    }

    [Fact]
    public async Task A_server_that_stops_ends_its_streams_and_a_killed_one_loses_nothing()
    {
        await using var stage = await Stage.StartAsync(databases, await RedisServer.CreateAsync());
        await using var ended = new Subscriber(stage.Channel, Stage.Tenant);
        await stage.AdjustAsync("sku");
        await Eventually.Holds(() => ended.Sequences.Count == 1);

        var started = TimeProvider.System.GetTimestamp();
        await stage.Server.StopAsync();
        await ended.Ended.WaitAsync(TimeSpan.FromSeconds(20));
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(10));

        await stage.Server.StartAgainAsync();
        await stage.AdjustAsync("sku");
        await stage.Server.KillAsync();
        await stage.Server.StartAgainAsync();
        await using var resumed = new Subscriber(stage.Channel, Stage.Tenant, after: 1);
        await Eventually.Holds(() => resumed.Sequences.Count == 1);
        resumed.Sequences.ShouldBe([2]);
    }
}
