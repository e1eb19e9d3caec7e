using System.Globalization;
using Grpc.Net.Client;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Broker.Tests.Hosts;

/// <summary>One authority for all tests of the assembly; each test has a tenant of its own.</summary>
public sealed class BrokerStand : IAsyncDisposable
{
    public const string Store = "store-1";
    public const string Warehouse = "warehouse-1";
    private const string NoRedis = "127.0.0.1:1";
    private static int _tenants;
    private readonly SemaphoreSlim _once = new(1);
    private TestDatabase? _database;
    private ServerProcess? _server;
    private GrpcChannel? _channel;

    public ServerProcess Server => _server!;

    public GrpcChannel Channel => _channel!;

    /// <summary>A new tenant with two locations; the first starts the authority.</summary>
    internal async Task<Shop> ShopAsync(TestPostgres databases)
    {
        await _once.WaitAsync();
        try
        {
            if (_server is null)
            {
                _database = await databases.CreateDatabaseAsync();
                _server = await ServerProcess.StartAsync(_database.ConnectionString, NoRedis);
                _channel = await _server.ChannelAsync();
            }
        }
        finally
        {
            _once.Release();
        }

        var tenant = string.Create(CultureInfo.InvariantCulture, $"tenant-{Interlocked.Increment(ref _tenants)}");
        var catalogue = new CatalogueService.CatalogueServiceClient(Channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant, DisplayName = tenant });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = Store, DisplayName = Store });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = Warehouse, DisplayName = Warehouse });
        return new Shop(this, tenant);
    }

    /// <summary>The connector as a process, on a platform.</summary>
    public async Task<ChildProgram> ConnectorAsync(string tenant, IReadOnlyDictionary<string, string> platform)
    {
        var program = Services.Broker(
            TestWorkspace.Checkout, await TestWorkspace.NewLogFileAsync("broker"), Ports.Free(), Server.Grpc, await TestTokens.FileAsync(tenant), tenant, platform);
        return program with
        {
            Environment = new Dictionary<string, string>(
                new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["Connector__PollInterval"] = "00:00:00.05",
                    ["Connector__RetryDelay"] = "00:00:00.05",
                    ["Connector__MaxRetryDelay"] = "00:00:00.5",
                    ["Connector__AttemptTimeout"] = "00:00:03",
                    ["Connector__LeaseTime"] = "00:00:06",
                }.Concat(program.Environment.Where(setting => !platform.ContainsKey(setting.Key))).Concat(platform).GroupBy(setting => setting.Key, StringComparer.Ordinal)
                    .Select(setting => setting.Last()),
                StringComparer.Ordinal),
        };
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        _once.Dispose();
    }
}
