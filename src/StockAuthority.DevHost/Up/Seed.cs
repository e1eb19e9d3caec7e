using Grpc.Core;
using StockAuthority.Client;
using StockAuthority.Inventory.V1;

namespace StockAuthority.DevHost.Up;

/// <summary>A tenant with two locations and some stock, put in through the API like anybody's.</summary>
internal static class Seed
{
    public const string Tenant = "demo";

    private const string Warehouse = "warehouse-1";
    private const string Store = "store-1";
    private static readonly TimeSpan CallBound = TimeSpan.FromSeconds(30);

    public static readonly IReadOnlyList<string> Skus = ["espresso-beans-1kg", "mug-blue", "kettle-1l", "t-shirt-m", "gift-card"];
    public static IEnumerable<string> Locations => OpeningBalances.Select(balance => balance.Location);

    private static readonly (string Location, long Quantity)[] OpeningBalances = [(Warehouse, 100), (Store, 20)];

    /// <summary>Changes nothing where it ran before.</summary>
    public static async Task RunAsync(Uri authority, string token, CancellationToken cancellationToken)
    {
        using var channel = StockAuthorityChannel.Create(new StockAuthorityClientOptions { Address = authority, Token = token });
        var catalogue = new CatalogueService.CatalogueServiceClient(channel);
        var inventory = new InventoryService.InventoryServiceClient(channel);
        try
        {
            await catalogue.PutTenantAsync(new() { TenantId = Tenant, DisplayName = "Demo shop" }, Options(cancellationToken));
            await catalogue.PutLocationAsync(new() { TenantId = Tenant, LocationId = Store, DisplayName = "High street store" }, Options(cancellationToken));
            await catalogue.PutLocationAsync(new() { TenantId = Tenant, LocationId = Warehouse, DisplayName = "Warehouse" }, Options(cancellationToken));
            foreach (var line in await MissingAsync(inventory, cancellationToken))
            {
                await inventory.AdjustAsync(
                    new()
                    {
                        TenantId = Tenant,
                        IdempotencyKey = $"seed:{line.Sku}:{line.LocationId}",
                        DocumentRef = "opening-balance",
                        Reason = AdjustmentReason.OpeningBalance,
                        Lines = { line },
                    },
                    Options(cancellationToken));
            }
        }
        catch (RpcException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new DevHostException($"The demo tenant could not be seeded: {e.StatusCode}, {e.Status.Detail} (log: .local/dev/logs/server.log).");
        }
    }

    /// <summary>The keys alone would protect only as long as the authority keeps outcomes; a level that ever moved is left alone for good.</summary>
    private static async Task<IEnumerable<StockLine>> MissingAsync(InventoryService.InventoryServiceClient inventory, CancellationToken cancellationToken)
    {
        var lines = (from sku in Skus
                     from balance in OpeningBalances
                     select new StockLine { Sku = sku, LocationId = balance.Location, Quantity = balance.Quantity }).ToList();
        var request = new GetAvailabilityRequest { TenantId = Tenant, Consistency = ReadConsistency.Strong };
        request.Keys.AddRange(lines.Select(line => new AvailabilityKey { Sku = line.Sku, LocationId = line.LocationId }));
        var levels = await inventory.GetAvailabilityAsync(request, Options(cancellationToken));
        return lines.Zip(levels.Availabilities).Where(pair => pair.Second.Level.Version == 0).Select(pair => pair.First);
    }

    private static CallOptions Options(CancellationToken cancellationToken) =>
        new(deadline: TimeProvider.System.GetUtcNow().UtcDateTime + CallBound, cancellationToken: cancellationToken);
}
