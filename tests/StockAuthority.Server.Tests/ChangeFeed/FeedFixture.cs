using StockAuthority.Server.Tests.Availability;
using StockAuthority.Testing;
using StockAuthority.Testing.Redis;
using Xunit;

namespace StockAuthority.Server.Tests.ChangeFeed;

/// <summary>One stage for all tests of a class; each uses a tenant of its own, so that sequences begin at 1.</summary>
public sealed class FeedFixture(TestPostgres databases) : IAsyncLifetime
{
    private int _tenants;

    internal Stage Stage { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Stage = await Stage.StartAsync(databases, await RedisServer.CreateAsync());

    public async ValueTask DisposeAsync() => await Stage.DisposeAsync();

    internal async Task<string> NewTenantAsync()
    {
        var tenant = $"tenant-{Interlocked.Increment(ref _tenants)}";
        await Stage.PutTenantAsync(tenant, Stage.Location);
        return tenant;
    }
}
