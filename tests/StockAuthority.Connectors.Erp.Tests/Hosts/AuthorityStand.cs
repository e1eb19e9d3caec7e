using System.Globalization;
using Grpc.Net.Client;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Erp.Tests.Hosts;

/// <summary>One authority for all tests of the assembly; each test has a tenant of its own.</summary>
public sealed class AuthorityStand : IAsyncDisposable
{
    public const string Location = "berlin";
    public const string OtherLocation = "hamburg";
    private const string NoRedis = "127.0.0.1:1";
    private static int _tenants;
    private readonly SemaphoreSlim _once = new(1);
    private TestDatabase? _database;
    private ServerProcess? _server;
    private GrpcChannel? _channel;

    public static IReadOnlyList<string> Skus { get; } = ["mug", "tea", "pot"];

    public ServerProcess Server => _server!;

    public GrpcChannel Channel => _channel!;

    /// <summary>A new tenant with two locations.</summary>
    public async Task<string> TenantAsync(TestPostgres databases)
    {
        await StartAsync(databases);
        var tenant = string.Create(CultureInfo.InvariantCulture, $"tenant-{Interlocked.Increment(ref _tenants)}");
        var catalogue = new CatalogueService.CatalogueServiceClient(Channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant, DisplayName = tenant });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = Location, DisplayName = Location });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = OtherLocation, DisplayName = OtherLocation });
        return tenant;
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

    private async Task StartAsync(TestPostgres databases)
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
    }
}
