using System.Globalization;
using Grpc.Net.Client;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Bench;

/// <summary>A tenant with one location and stock of many SKUs, each of which one movement made.</summary>
internal static class Opening
{
    private const int LinesPerAdjust = 200;
    private const int CallsAtOnce = 8;

    public static string Sku(long number) => string.Create(CultureInfo.InvariantCulture, $"sku-{number}");

    public static async Task RunAsync(GrpcChannel channel, string tenant, string location, IEnumerable<string> skus, long quantity, string key = "opening")
    {
        var catalogue = new CatalogueService.CatalogueServiceClient(channel);
        var inventory = new InventoryService.InventoryServiceClient(channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = location });
        await Parallel.ForEachAsync(skus.Chunk(LinesPerAdjust), new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce }, async (chunk, cancellation) => await inventory.AdjustAsync(
            new AdjustRequest
            {
                TenantId = tenant,
                IdempotencyKey = $"{key}-{chunk[0]}",
                DocumentRef = "opening",
                Reason = AdjustmentReason.Receipt,
                Lines = { chunk.Select(sku => new StockLine { Sku = sku, LocationId = location, Quantity = quantity }) },
            },
            cancellationToken: cancellation));
    }
}
