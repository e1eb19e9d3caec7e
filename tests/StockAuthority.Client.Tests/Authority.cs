using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using StockAuthority.Client.Tests;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(Authority))]

namespace StockAuthority.Client.Tests;

/// <summary>A real authority with one location, and clients of it as an application gets them.</summary>
public sealed class Authority : IAsyncLifetime
{
    public const string Tenant = "acme";
    public const string Location = "berlin";

    /// <summary>Nothing listens there: what a checkout does must not need a cache.</summary>
    public const string NoRedis = "127.0.0.1:1";

    private static int _names;

    private readonly TestPostgres _postgres = new();
    private TestDatabase? _database;
    private ServerProcess? _server;
    private ServiceProvider? _services;

    public TestPostgres Postgres => _postgres;

    public ServerProcess Server => _server!;

    public StockAuthorityClient Client => _services!.GetRequiredService<StockAuthorityClient>();

    public async ValueTask InitializeAsync()
    {
        _database = await _postgres.CreateDatabaseAsync();
        _server = await ServerProcess.StartAsync(_database.ConnectionString, NoRedis);
        await OpenCatalogueAsync(_server);
        var token = await TestTokens.ForTenantAsync(Tenant);
        _services = Services(options => options.Token = token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        await _postgres.DisposeAsync();
    }

    /// <summary>The tenant and its location, on a server that does not have them yet.</summary>
    public static async Task OpenCatalogueAsync(ServerProcess server)
    {
        using var channel = await server.ChannelAsync();
        var catalogue = new CatalogueService.CatalogueServiceClient(channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = Tenant });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = Location });
    }

    /// <summary>An application that uses the authority. Its deadline leaves room for a busy machine.</summary>
    public ServiceProvider Services(Action<StockAuthorityClientOptions> configure) => new ServiceCollection().AddStockAuthority(options =>
    {
        options.Address = Server.Grpc;
        options.Tenant = Tenant;
        options.Deadline = TimeSpan.FromSeconds(20);
        options.RetryBudget = TimeSpan.FromSeconds(60);
        configure(options);
    }).BuildServiceProvider();

    /// <summary>A name that no other test uses.</summary>
    public static string New(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{Interlocked.Increment(ref _names)}");

    public static StockLine Line(string sku, long quantity) => new() { Sku = sku, LocationId = Location, Quantity = quantity };

    public static ReserveRequest Reserve(string order, params StockLine[] lines) => new() { OrderRef = order, Lines = { lines } };

    /// <summary>A new SKU with these units.</summary>
    public async Task<string> OpenAsync(long units)
    {
        var sku = New("sku");
        var outcome = await Client.AdjustAsync(IdempotencyKey.New(), Opening(sku, units));
        return outcome is AdjustOutcome.Adjusted ? sku : throw new InvalidOperationException(outcome.ToString());
    }

    public static AdjustRequest Opening(string sku, long units) =>
        new() { DocumentRef = "opening", Reason = AdjustmentReason.OpeningBalance, Lines = { Line(sku, units) } };
}
