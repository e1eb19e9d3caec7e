using System.Globalization;
using Grpc.Net.Client;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Testing;

/// <summary>One authority for all tests of an assembly, started by the first that asks; each test has a tenant of its own.</summary>
public sealed class SharedAuthority : IAsyncDisposable
{
    private readonly SemaphoreSlim _once = new(1);
    private TestAuthority? _authority;
    private int _tenants;

    /// <summary>The process, once there is a tenant.</summary>
    public ServerProcess Server => _authority!.Server;

    /// <summary>The server's, once there is a tenant.</summary>
    public TestDatabase Database => _authority!.Database;

    /// <summary>To the server, once there is a tenant.</summary>
    public GrpcChannel Channel => _authority!.Channel;

    /// <summary>A new tenant with these locations.</summary>
    public async Task<string> TenantAsync(TestPostgres databases, params string[] locations)
    {
        ArgumentNullException.ThrowIfNull(locations);
        await _once.WaitAsync();
        try
        {
            _authority ??= await TestAuthority.StartAsync(databases);
        }
        finally
        {
            _once.Release();
        }

        var tenant = string.Create(CultureInfo.InvariantCulture, $"tenant-{Interlocked.Increment(ref _tenants)}");
        var catalogue = new CatalogueService.CatalogueServiceClient(Channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant, DisplayName = tenant });
        foreach (var location in locations)
        {
            await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = location, DisplayName = location });
        }

        return tenant;
    }

    /// <summary>Ends the server, where one was started.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_authority is not null)
        {
            await _authority.DisposeAsync();
        }

        _once.Dispose();
    }
}
