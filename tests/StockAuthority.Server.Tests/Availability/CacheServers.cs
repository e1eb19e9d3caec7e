using StockAuthority.Testing;
using StockAuthority.Testing.Redis;
using Xunit;

namespace StockAuthority.Server.Tests.Availability;

/// <summary>One stage for all tests of a class; the class names the cache server.</summary>
public abstract class CacheFixture(TestPostgres databases) : IAsyncLifetime
{
    internal Stage Stage { get; private set; } = null!;

    public abstract Task<ITestRedis> StartRedisAsync();

    public async ValueTask InitializeAsync() => Stage = await Stage.StartAsync(databases, await StartRedisAsync());

    public async ValueTask DisposeAsync()
    {
        await Stage.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

public sealed class OnRedisServer(TestPostgres databases) : CacheFixture(databases)
{
    public override async Task<ITestRedis> StartRedisAsync() => await RedisServer.CreateAsync();
}

public sealed class OnGarnet(TestPostgres databases) : CacheFixture(databases)
{
    public override async Task<ITestRedis> StartRedisAsync() => await GarnetRedis.CreateAsync();
}
