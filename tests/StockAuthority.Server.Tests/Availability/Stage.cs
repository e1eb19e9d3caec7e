using Grpc.Net.Client;
using StackExchange.Redis;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Availability;
using StockAuthority.Testing;
using StockAuthority.Testing.Redis;
using Answer = StockAuthority.Inventory.V1.Availability;

namespace StockAuthority.Server.Tests.Availability;

/// <summary>A database, a cache and an authority, with one tenant that has one location.</summary>
internal sealed class Stage : IAsyncDisposable
{
    public const string Tenant = "acme";
    public const string Location = "berlin";

    private readonly List<(ServerProcess Server, GrpcChannel Channel)> _servers = [];
    private ConnectionMultiplexer? _outsider;
    private int _keys;

    private Stage(TestDatabase database, ITestRedis redis)
    {
        Database = database;
        Redis = redis;
    }

    public TestDatabase Database { get; }

    public ITestRedis Redis { get; }

    public ServerProcess Server => _servers[0].Server;

    public GrpcChannel Channel => _servers[0].Channel;

    public static async Task<Stage> StartAsync(TestPostgres databases, ITestRedis redis, IReadOnlyDictionary<string, string>? settings = null)
    {
        var stage = new Stage(await databases.CreateDatabaseAsync(), redis);
        await stage.AddServerAsync(redis.Endpoint, settings);
        await stage.PutTenantAsync(Tenant, Location);
        return stage;
    }

    /// <summary>Another replica on the same database.</summary>
    public async Task<(ServerProcess Server, GrpcChannel Channel)> AddServerAsync(string redis, IReadOnlyDictionary<string, string>? settings = null)
    {
        var server = await ServerProcess.StartAsync(Database.ConnectionString, redis, settings);
        var added = (server, await server.ChannelAsync());
        _servers.Add(added);
        return added;
    }

    public async Task PutTenantAsync(string tenant, params string[] locations)
    {
        var catalogue = new CatalogueService.CatalogueServiceClient(Channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant });
        foreach (var location in locations)
        {
            await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = location });
        }
    }

    /// <summary>A SKU that no other test names.</summary>
    public string NewSku() => $"sku-{Interlocked.Increment(ref _keys)}";

    /// <summary>A delivery, or what was lost, through the first replica or another one.</summary>
    public async Task<AdjustResponse> AdjustAsync(string sku, long quantity = 1, string tenant = Tenant, string location = Location, GrpcChannel? through = null) =>
        await new InventoryService.InventoryServiceClient(through ?? Channel).AdjustAsync(new AdjustRequest
        {
            TenantId = tenant,
            IdempotencyKey = Guid.NewGuid().ToString("N"),
            DocumentRef = "count",
            Reason = quantity > 0 ? AdjustmentReason.Receipt : AdjustmentReason.Shrinkage,
            Lines = { new StockLine { Sku = sku, LocationId = location, Quantity = quantity } },
        });

    public async Task<Answer> GetAsync(
        string sku, ReadConsistency consistency = ReadConsistency.Unspecified, string tenant = Tenant, string location = Location) =>
        (await GetAsync([sku], consistency, tenant, location))[0];

    public async Task<IReadOnlyList<Answer>> GetAsync(
        IEnumerable<string> skus, ReadConsistency consistency = ReadConsistency.Unspecified, string tenant = Tenant, string location = Location)
    {
        var response = await new InventoryService.InventoryServiceClient(Channel).GetAvailabilityAsync(new GetAvailabilityRequest
        {
            TenantId = tenant,
            Consistency = consistency,
            Keys = { skus.Select(sku => new AvailabilityKey { Sku = sku, LocationId = location }) },
        });
        return response.Availabilities;
    }

    /// <summary>Waits until the cache answers this version.</summary>
    public Task<Answer> CachedAsync(string sku, long version, string tenant = Tenant, string location = Location) => Eventually.Becomes(
        () => GetAsync(sku, tenant: tenant, location: location),
        answer => answer.Source == AvailabilitySource.Cache && answer.Level.Version == version);

    /// <summary>Deletes every entry of the cache, as an operator might, and waits until no server gives away what it heard before.</summary>
    public async Task FlushAsync()
    {
        _outsider ??= await ConnectionMultiplexer.ConnectAsync($"{Redis.Endpoint},allowAdmin=true");
        await _outsider.GetServers()[0].FlushAllDatabasesAsync();
        await Task.Delay(2 * new AvailabilityOptions().ReadSharing, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (server, channel) in _servers)
        {
            channel.Dispose();
            await server.DisposeAsync();
        }

        if (_outsider is not null)
        {
            await _outsider.DisposeAsync();
        }

        await Redis.DisposeAsync();
        await Database.DisposeAsync();
    }
}
