using System.Globalization;
using System.Runtime.InteropServices;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using StockAuthority.Testing.Redis;
using Xunit;

namespace StockAuthority.Server.Tests.Availability;

/// <summary>A cache that is not there, or that is there and says nothing.</summary>
public sealed class AbsentCacheTests(TestPostgres databases)
{
    private const int Stop = 19;
    private const int Continue = 18;

    [Fact]
    public async Task A_server_starts_without_its_cache_and_uses_it_once_it_is_there()
    {
        var redis = new RedisServer();
        await using var stage = await Stage.StartAsync(databases, redis);
        var sku = stage.NewSku();
        await stage.AdjustAsync(sku, 8);

        var without = await stage.GetAsync(sku);
        await redis.StartAsync();

        without.Source.ShouldBe(AvailabilitySource.Database);
        without.Level.Available.ShouldBe(8);
        (await stage.CachedAsync(sku, version: 1)).Level.ShouldBe(without.Level);
    }

    [Fact]
    public async Task A_cache_that_hangs_costs_little_and_answers_nothing_old_when_it_goes_on()
    {
        await using var stage = await Stage.StartAsync(databases, await RedisServer.CreateAsync());
        var sku = stage.NewSku();
        await stage.AdjustAsync(sku, 10);
        await stage.CachedAsync(sku, version: 1);
        var server = await ServerProcessIdAsync(stage.Redis);

        Signal(server, Stop).ShouldBe(0);
        try
        {
            var started = TimeProvider.System.GetTimestamp();
            for (var version = 2; version <= 101; version++)
            {
                var changed = await stage.AdjustAsync(sku, 1);
                (await stage.GetAsync(sku)).Level.ShouldBe(changed.Levels[0]);
            }

            // 100 reads that each waited for the timeout alone would take 5 s; those that waited for the client's, 100 s.
            var elapsed = TimeProvider.System.GetElapsedTime(started);
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"100 changes and reads: {elapsed.TotalMilliseconds:0} ms"));
            elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        }
        finally
        {
            Signal(server, Continue).ShouldBe(0);
        }

        (await stage.CachedAsync(sku, version: 101)).Level.Available.ShouldBe(110);
    }

    private static async Task<int> ServerProcessIdAsync(ITestRedis redis)
    {
        await using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync($"{redis.Endpoint},allowAdmin=true");
        var information = await connection.GetServers()[0].InfoAsync("server");
        return int.Parse(information.SelectMany(section => section).Single(entry => entry.Key == "process_id").Value, CultureInfo.InvariantCulture);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int processId, int signal);
}
