using System.Globalization;
using Grpc.Core;
using Shouldly;
using StackExchange.Redis;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Tests.Availability;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using StockAuthority.Testing.Redis;
using Xunit;

namespace StockAuthority.Server.Tests.BadConditions;

/// <summary>A cache that is flushed, or comes back as it was at an earlier time, while stock moves.</summary>
[Collection(nameof(OneAtATime))]
public sealed class RestoredCacheTests(TestPostgres databases)
{
    private static readonly TimeSpan EntryLifetime = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_cache_restored_from_an_old_copy_sells_nothing_twice_and_forgets_what_is_old()
    {
        await using var stage = await StartAsync();
        var (quiet, busy) = (stage.NewSku(), stage.NewSku());
        await stage.AdjustAsync(quiet, 10);
        await stage.AdjustAsync(busy, 10);
        await stage.CachedAsync(quiet, version: 1);
        await stage.CachedAsync(busy, version: 1);
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{stage.Redis.Endpoint},allowAdmin=true");
        var copy = await CopyAsync(redis);
        await ReserveAsync(stage, quiet, 10);
        await ReserveAsync(stage, busy, 4);
        await stage.CachedAsync(quiet, version: 2);
        await stage.CachedAsync(busy, version: 2);

        // Once the tail has passed as well, nobody writes what does not move.
        await Eventually.Holds(() => HasPassedAsync(stage));
        await redis.GetServers()[0].FlushAllDatabasesAsync();
        await RestoreAsync(redis, copy);

        // The copy shows ten; the ledger knows that there are none.
        (await stage.GetAsync(quiet)).Level.Available.ShouldBe(10);
        var refused = await Should.ThrowAsync<RpcException>(() => ReserveAsync(stage, quiet, 1));
        refused.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason.ShouldBe("INSUFFICIENT_STOCK");

        // What moves is right with its next change, whatever the copy had; what does not, when the copy's entry ends.
        await ReserveAsync(stage, busy, 1);
        (await stage.CachedAsync(busy, version: 3)).Level.Available.ShouldBe(5);
        await Eventually.Holds(async () => (await stage.GetAsync(quiet)).Level.Available == 0, EntryLifetime + EntryLifetime);
        (await stage.GetAsync(quiet, ReadConsistency.Strong)).Level.Available.ShouldBe(0);
    }

    [Fact]
    public async Task A_cache_that_is_flushed_again_and_again_while_stock_moves_ends_with_what_the_ledger_has()
    {
        const int Callers = 4;
        await using var stage = await StartAsync();
        var sku = stage.NewSku();
        await stage.AdjustAsync(sku, 100);
        var granted = 0;
        var flushing = true;
        var buying = Enumerable.Range(0, Callers).Select(async _ =>
        {
            for (var turn = 0; turn < 40; turn++)
            {
                try
                {
                    await ReserveAsync(stage, sku, 1);
                    Interlocked.Increment(ref granted);
                }
                catch (RpcException error) when (error.StatusCode == StatusCode.FailedPrecondition)
                {
                    // More are wanted than there are.
                }

                (await stage.GetAsync(sku)).Level.Available.ShouldBeInRange(0, 100);
            }
        }).ToArray();
        var flusher = Task.Run(async () =>
        {
            while (Volatile.Read(ref flushing))
            {
                await stage.FlushAsync();
            }
        });

        await Task.WhenAll(buying);
        Volatile.Write(ref flushing, false);
        await flusher;

        granted.ShouldBe(100);
        (await stage.CachedAsync(sku, version: 101)).Level.ShouldBe((await stage.GetAsync(sku, ReadConsistency.Strong)).Level);
    }

    private async Task<Stage> StartAsync() => await Stage.StartAsync(databases, await RedisServer.CreateAsync(), new Dictionary<string, string>
    {
        ["Availability__EntryLifetime"] = EntryLifetime.ToString("c", CultureInfo.InvariantCulture),

        // A busy machine must not pass for a slow cache: who then reads the database heals the entry.
        ["Availability__ReadTimeout"] = "00:00:10",
    });

    private static async Task ReserveAsync(Stage stage, string sku, long quantity) => await new InventoryService.InventoryServiceClient(stage.Channel).ReserveAsync(new ReserveRequest
    {
        TenantId = Stage.Tenant,
        IdempotencyKey = Ledger.New("key"),
        OrderRef = Ledger.New("order"),
        Lines = { new StockLine { Sku = sku, LocationId = Stage.Location, Quantity = quantity } },
    });

    private static async Task<bool> HasPassedAsync(Stage stage)
    {
        await using var command = stage.Database.DataSource.CreateCommand(
            "SELECT EXISTS (SELECT FROM tenants t JOIN feed_checkpoints c ON c.tenant_id = t.tenant_id AND c.sequence = t.last_sequence WHERE c.consumer = 'availability-cache')");
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<List<(RedisKey Key, byte[] Entry, DateTime Ends)>> CopyAsync(ConnectionMultiplexer redis)
    {
        var copy = new List<(RedisKey, byte[], DateTime)>();
        foreach (var key in redis.GetServers()[0].Keys(pattern: "sa:*").ToList())
        {
            copy.Add((key, (await redis.GetDatabase().KeyDumpAsync(key))!, (await redis.GetDatabase().KeyExpireTimeAsync(key))!.Value));
        }

        return copy;
    }

    /// <summary>As a snapshot file is loaded: each entry with the end that it had, and those not any more whose end is past.</summary>
    private static async Task RestoreAsync(ConnectionMultiplexer redis, List<(RedisKey Key, byte[] Entry, DateTime Ends)> copy)
    {
        foreach (var (key, entry, ends) in copy)
        {
            await redis.GetDatabase().KeyRestoreAsync(key, entry, ends - TimeProvider.System.GetUtcNow().UtcDateTime);
        }
    }
}
