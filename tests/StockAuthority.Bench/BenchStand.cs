using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using StockAuthority.DevHost.Redis;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;

namespace StockAuthority.Bench;

/// <summary>A database with a tenant that has stock, a cache, servers, and clients that know what to ask.</summary>
internal sealed class BenchStand : IAsyncDisposable
{
    public const string Tenant = "bench";

    /// <summary>Of which there is always enough.</summary>
    public const string HotSku = "hot";

    /// <summary>Of which there never was any.</summary>
    public const string EmptySku = "empty";

    private const string Location = "warehouse-1";
    private const int UniformSkus = 10_000;
    private const int Tenants = 1_000;
    private const int SkusPerTenant = 10;
    private const long Quantity = 1_000_000_000;

    /// <summary>One HTTP/2 connection is written by one caller at a time; a few let the callers' side keep up.</summary>
    private const int Channels = 4;

    private readonly TestDatabase _database;
    private readonly EmbeddedGarnet _cache;
    private readonly List<ServerProcess> _servers = [];
    private readonly List<GrpcChannel> _channels = [];

    private BenchStand(TestDatabase database, EmbeddedGarnet cache)
    {
        _database = database;
        _cache = cache;
    }

    public string ConnectionString => _database.ConnectionString;

    /// <summary>On as many connections of the first server.</summary>
    public IReadOnlyList<InventoryService.InventoryServiceClient> Inventory { get; private set; } = [];

    public IReadOnlyList<Health.HealthClient> Health { get; private set; } = [];

    public GrpcChannel Channel => _channels[0];

    /// <summary>What the first server occupies of the machine's memory.</summary>
    public double ServerMebibytes => ProcessMemory.Mebibytes(_servers[0].ProcessId!.Value);

    public static async Task<BenchStand> StartAsync(TestPostgres postgres, CancellationToken cancellationToken)
    {
        var stand = new BenchStand(await postgres.CreateDatabaseAsync(cancellationToken), EmbeddedGarnet.Start(DevHost.Ports.Free()));
        stand.Inventory = await stand.AddServerAsync(cancellationToken);
        stand.Health = [.. stand._channels.Select(channel => new Health.HealthClient(channel))];
        await stand.OpenAsync();
        return stand;
    }

    /// <summary>Another server on the same database and cache.</summary>
    public async Task<IReadOnlyList<InventoryService.InventoryServiceClient>> AddServerAsync(CancellationToken cancellationToken = default)
    {
        var server = await ServerProcess.StartAsync(_database.ConnectionString, _cache.Endpoint, cancellationToken: cancellationToken);
        _servers.Add(server);
        var channels = await Task.WhenAll(Enumerable.Range(0, Channels).Select(_ => server.ChannelAsync()));
        _channels.AddRange(channels);
        return [.. channels.Select(channel => new InventoryService.InventoryServiceClient(channel))];
    }

    /// <summary>Ends the servers that were added.</summary>
    public async Task EndAddedServersAsync()
    {
        foreach (var server in _servers.Skip(1))
        {
            await server.StopAsync();
        }
    }

    public static string AnySku() => Opening.Sku(Random.Shared.Next(UniformSkus));

    /// <summary>True where it was applied.</summary>
    /// <param name="unique">Makes the key and the order.</param>
    public static async Task<bool> ReserveAsync(InventoryService.InventoryServiceClient client, string unique, params IEnumerable<string> skus) =>
        await StatusAsync(client, Tenant, Request(unique, skus)) == StatusCode.OK;

    /// <summary>True where it was refused for want of stock.</summary>
    public static async Task<bool> IsRefusedAsync(InventoryService.InventoryServiceClient client, string unique) =>
        await StatusAsync(client, Tenant, Request(unique, [EmptySku])) == StatusCode.FailedPrecondition;

    /// <summary>A Reserve of one of many tenants; see <see cref="OpenTenantsAsync"/>.</summary>
    public static async Task<bool> ReserveOfAnyTenantAsync(InventoryService.InventoryServiceClient client, string unique) =>
        await StatusAsync(client, TenantId(Random.Shared.Next(Tenants)), Request(unique, [Opening.Sku(Random.Shared.Next(SkusPerTenant))])) == StatusCode.OK;

    public static async Task<bool> IsCachedAsync(InventoryService.InventoryServiceClient client) =>
        (await client.GetAvailabilityAsync(new GetAvailabilityRequest { TenantId = Tenant, Keys = { new AvailabilityKey { Sku = EmptySku, LocationId = Location } } }))
        .Availabilities[0].Source == AvailabilitySource.Cache;

    public static ReserveRequest Request(string unique, params IEnumerable<string> skus) => new()
    {
        IdempotencyKey = "reserve-" + unique,
        OrderRef = "order-" + unique,
        Lines = { skus.Select(sku => new StockLine { Sku = sku, LocationId = Location, Quantity = 1 }) },
    };

    /// <summary>Tenants with a few SKUs each.</summary>
    public Task OpenTenantsAsync() => Parallel.ForAsync(0, Tenants, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) =>
        await OpenAsync(TenantId(number), Enumerable.Range(0, SkusPerTenant).Select(number => Opening.Sku(number))));

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        _cache.Dispose();
    }

    private static string TenantId(int number) => string.Create(CultureInfo.InvariantCulture, $"tenant-{number}");

    /// <summary>Without the exception that a refusal would throw: it costs the callers more than the refusal costs the server.</summary>
    private static async Task<StatusCode> StatusAsync(InventoryService.InventoryServiceClient client, string tenantId, ReserveRequest request)
    {
        request.TenantId = tenantId;
        using var call = client.ReserveAsync(request);
        await ((Task)call.ResponseAsync).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return call.GetStatus().StatusCode;
    }

    private async Task OpenAsync()
    {
        await OpenAsync(Tenant, Enumerable.Range(0, UniformSkus).Select(number => Opening.Sku(number)).Append(HotSku));

        // A tenant that has payments: each Reserve then has to make sure that none is known of its order.
        await new PaymentEventService.PaymentEventServiceClient(Channel).ApplyPaymentEventAsync(new ApplyPaymentEventRequest
        {
            TenantId = Tenant,
            IdempotencyKey = "payment",
            Event = new PaymentEvent
            {
                EventType = PaymentEventType.AuthCreated,
                Provider = "bench",
                Account = "bench",
                ProviderEventId = "event",
                PaymentObjectId = "payment",
                OccurTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
                SchemaVersion = 1,
            },
        });
    }

    private Task OpenAsync(string tenantId, IEnumerable<string> skus) => Opening.RunAsync(Channel, tenantId, Location, skus, Quantity);
}
