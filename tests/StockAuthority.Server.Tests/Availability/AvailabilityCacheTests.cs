using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using StackExchange.Redis;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Availability;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Testing;
using StockAuthority.Testing.Redis;
using Xunit;

namespace StockAuthority.Server.Tests.Availability;

public sealed class CacheEntriesOnRedisServerTests(TestPostgres databases) : AvailabilityCacheTests(databases)
{
    protected override async Task<ITestRedis> StartRedisAsync() => await RedisServer.CreateAsync();
}

public sealed class CacheEntriesOnGarnetTests(TestPostgres databases) : AvailabilityCacheTests(databases)
{
    protected override async Task<ITestRedis> StartRedisAsync() => await GarnetRedis.CreateAsync();
}

/// <summary>What the server of the cache must do for us: replace an entry by a newer one only, whoever else writes it.</summary>
public abstract class AvailabilityCacheTests(TestPostgres databases) : IAsyncLifetime
{
    private const string Tenant = "acme";

    private static readonly StockKey Key = new("sku", "berlin");

    private readonly List<IAsyncDisposable> _owned = [];
    private string _endpoint = "";
    private TestDatabase? _database;

    private ITestRedis Redis => (ITestRedis)_owned[0];

    public async ValueTask InitializeAsync()
    {
        var redis = await StartRedisAsync();
        _owned.Add(redis);
        _endpoint = redis.Endpoint;
        _database = await databases.CreateDatabaseAsync();
        DatabaseMigration.Run(_database.ConnectionString, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
        {
            await owned.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_older_level_loses_against_a_newer_one()
    {
        var (cache, _) = await ConnectAsync();

        await cache.WriteAsync([Level(version: 7)], TestContext.Current.CancellationToken);
        await cache.WriteAsync([Level(version: 6)], TestContext.Current.CancellationToken);
        await cache.WriteAsync([Level(version: 0)], TestContext.Current.CancellationToken);

        (await ReadAsync(cache)).ShouldBe(Level(version: 7).Level);
        await cache.WriteAsync([Level(version: 10)], TestContext.Current.CancellationToken);
        (await ReadAsync(cache)).ShouldBe(Level(version: 10).Level);
    }

    [Fact]
    public async Task Of_writers_that_race_the_newest_level_wins_and_no_reader_sees_an_entry_go_back()
    {
        const int Writers = 4;
        const int Versions = 10_000;
        var caches = await Task.WhenAll(Enumerable.Range(0, Writers + 1).Select(_ => ConnectAsync()));
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            // Each runs upwards with its own stride and falls back often, as refills that began earlier do.
            foreach (var steps in Enumerable.Range(1, Versions).Chunk(50))
            {
                await Task.WhenAll(steps.Select(step =>
                    caches[writer].Cache.WriteAsync([Level(Math.Max(1, step - ((step * (writer + 3)) % 17)))], CancellationToken.None)));
            }

            await caches[writer].Cache.WriteAsync([Level(Versions)], CancellationToken.None);
        })));

        var last = 0L;
        while (!writing.IsCompleted)
        {
            if (await ReadAsync(caches[Writers].Cache) is { } level)
            {
                level.Version.ShouldBeGreaterThanOrEqualTo(last);
                last = level.Version;
            }
        }

        await writing;
        (await ReadAsync(caches[Writers].Cache))!.Version.ShouldBe(Versions);
    }

    [Fact]
    public async Task Entries_expire_and_those_of_keys_without_stock_sooner()
    {
        var (cache, redis) = await ConnectAsync();

        await cache.WriteAsync([Level(version: 0), (new TenantKey(Tenant, new StockKey("stocked", "berlin")), new StockLevel(new StockKey("stocked", "berlin"), Available: 1, Version: 1))], TestContext.Current.CancellationToken);

        var keys = redis.GetServers()[0].Keys(pattern: "sa:*").ToDictionary(key => ((string)key!).Contains("stocked", StringComparison.Ordinal));
        (await redis.GetDatabase().KeyTimeToLiveAsync(keys[true])).ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(30));
        (await redis.GetDatabase().KeyTimeToLiveAsync(keys[false])).ShouldNotBeNull().ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task An_entry_that_is_none_of_ours_is_a_miss_and_is_replaced()
    {
        var (cache, redis) = await ConnectAsync();
        await cache.WriteAsync([Level(version: 1)], TestContext.Current.CancellationToken);
        var name = redis.GetServers()[0].Keys(pattern: "sa:*").Single();

        foreach (var spoiled in (string[])["", "x", "1|2", "9|9|9|9|9|9|9|9|-9", "1|1|1|1|1|1|1|1|1|1"])
        {
            await redis.GetDatabase().StringSetAsync(name, spoiled);
            (await ReadAsync(cache)).ShouldBeNull();
        }

        await redis.GetDatabase().StringSetAsync(name, "x");
        await cache.WriteAsync([Level(version: 1)], TestContext.Current.CancellationToken);
        (await ReadAsync(cache)).ShouldBe(Level(version: 1).Level);
    }

    [Fact]
    public async Task A_cache_that_forgot_its_scripts_learns_them_again()
    {
        var (cache, redis) = await ConnectAsync("allowAdmin=true");
        await cache.WriteAsync([Level(version: 1)], TestContext.Current.CancellationToken);

        await redis.GetServers()[0].ScriptFlushAsync();
        await cache.WriteAsync([Level(version: 2)], TestContext.Current.CancellationToken);

        (await ReadAsync(cache))!.Version.ShouldBe(2);
    }

    [Fact]
    public async Task A_level_that_could_not_be_written_is_written_when_the_cache_is_back()
    {
        var (cache, _) = await ConnectAsync("connectTimeout=1000");
        using var refresh = new AvailabilityRefresh(cache, Options.Create(new AvailabilityOptions()), TimeProvider.System, NullLogger<AvailabilityRefresh>.Instance);
        await refresh.StartAsync(CancellationToken.None);
        await Redis.StopAsync();
        await Eventually.Holds(() => !cache.IsConnected);

        refresh.Offer(Tenant, [Level(version: 5).Level]);
        refresh.Offer(Tenant, [Level(version: 4).Level]);
        await Redis.StartAsync();

        await Eventually.Holds(async () => (await ReadAsync(cache))?.Version == 5);
        await refresh.StopAsync(CancellationToken.None);
    }

    protected abstract Task<ITestRedis> StartRedisAsync();

    private static (TenantKey Key, StockLevel Level) Level(long version) =>
        (new TenantKey(Tenant, Key), new StockLevel(Key, Available: version, Reserved: 1, Committed: 2, Inspection: 3, Damaged: 4, InTransit: 5, Version: version, Sequence: version));

    private static async Task<StockLevel?> ReadAsync(AvailabilityCache cache) => (await cache.ReadAsync(Tenant, [Key], CancellationToken.None))[0];

    private async Task<(AvailabilityCache Cache, IConnectionMultiplexer Redis)> ConnectAsync(string settings = "")
    {
        var configuration = ConfigurationOptions.Parse($"{_endpoint},{settings}");
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        var redis = await ConnectionMultiplexer.ConnectAsync(configuration);
        _owned.Add(redis);
        var identity = new DatabaseIdentity(_database!.DataSource);
        await identity.ReadAsync(CancellationToken.None);

        // A busy machine must not pass for a slow cache.
        var options = Options.Create(new AvailabilityOptions { ReadTimeout = TimeSpan.FromSeconds(10), WriteTimeout = TimeSpan.FromSeconds(10) });
        return (new AvailabilityCache(redis, identity, options, TimeProvider.System, NullLogger<AvailabilityCache>.Instance), redis);
    }
}
