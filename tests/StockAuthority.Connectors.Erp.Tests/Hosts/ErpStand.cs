using System.Globalization;
using Grpc.Net.Client;
using StockAuthority.Connectors.Erp.Tryton;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.DevHost.Tryton;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Erp.Tests.Hosts;

/// <summary>One Tryton and one authority for all tests of the assembly; each test has a tenant of its own.</summary>
public sealed class ErpStand : IAsyncDisposable
{
    public const string Location = "berlin";
    public const string OtherLocation = "hamburg";
    public const string Database = "tryton";
    public const string NoRedis = "127.0.0.1:1";
    private const string Password = "test-of-tryton";
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);
    private static int _tenants;
    private readonly SemaphoreSlim _once = new(1);
    private ChildProcess? _tryton;
    private TestDatabase? _database;
    private ServerProcess? _server;
    private GrpcChannel? _channel;
    private int _port;

    public static IReadOnlyList<string> Skus { get; } = ["mug", "tea", "pot"];

    public ServerProcess Server => _server!;

    public GrpcChannel Channel => _channel!;

    public Uri Tryton => Services.Loopback(_port);

    /// <summary>Starts both where they are not yet; skips the test where Tryton is not installed.</summary>
    public async Task StartAsync(TestPostgres databases)
    {
        if (TrytonServer.Missing() is { } missing)
        {
            Assert.Skip(missing);
        }

        await _once.WaitAsync();
        try
        {
            if (_tryton is null)
            {
                _port = Ports.Free();
                var program = await TrytonServer.PrepareAsync(
                    TestWorkspace.Checkout,
                    await databases.ClusterAsync(),
                    Database,
                    Path.Combine(await TestWorkspace.FolderAsync(), "tryton"),
                    await TestWorkspace.NewLogFileAsync("tryton"),
                    _port,
                    Password,
                    Skus);
                _database = await databases.CreateDatabaseAsync();
                _server = await ServerProcess.StartAsync(_database.ConnectionString, NoRedis);
                _channel = await _server.ChannelAsync();
                _tryton = await TestWorkspace.StartAsync(program);
            }
        }
        finally
        {
            _once.Release();
        }
    }

    /// <summary>A new tenant with two locations.</summary>
    public async Task<string> TenantAsync()
    {
        var tenant = string.Create(CultureInfo.InvariantCulture, $"tenant-{Interlocked.Increment(ref _tenants)}");
        var catalogue = new CatalogueService.CatalogueServiceClient(Channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant, DisplayName = tenant });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = Location, DisplayName = Location });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = OtherLocation, DisplayName = OtherLocation });
        return tenant;
    }

    /// <summary>The connector as a process.</summary>
    public async Task<ChildProgram> ConnectorAsync(string tenant, Uri? tryton = null, Uri? authority = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        var program = Services.Erp(
            TestWorkspace.Checkout,
            await TestWorkspace.NewLogFileAsync("erp"),
            Ports.Free(),
            authority ?? Server.Grpc,
            await TestTokens.FileAsync(tenant),
            tenant,
            tryton ?? Tryton,
            Database,
            Password,
            [Location]);
        var environment = new Dictionary<string, string>(program.Environment, StringComparer.Ordinal)
        {
            ["Mapping__Locations__1__LocationId"] = OtherLocation,
            ["Mapping__Locations__1__Storage"] = "OUT",
            ["Connector__PollInterval"] = "00:00:00.05",
            ["Connector__RetryDelay"] = "00:00:00.02",
            ["Connector__MaxRetryDelay"] = "00:00:00.5",
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            environment[name] = value;
        }

        return program with { Environment = environment };
    }

    /// <summary>A client of Tryton that is not the connector's.</summary>
    internal TrytonRpc Rpc() => new(new HttpClient(), Options());

    internal TrytonOptions Options() => new() { Address = Tryton, Database = Database, User = TrytonServer.User, Password = Password, Journal = "SA" };

    public async ValueTask DisposeAsync()
    {
        if (_tryton is not null)
        {
            await TestWorkspace.StopAsync(_tryton, StopGrace);
        }

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
