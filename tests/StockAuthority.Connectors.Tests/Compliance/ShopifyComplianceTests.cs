using System.Globalization;
using System.Text.Json;
using StockAuthority.Connectors.Simulators.Shopify;
using StockAuthority.Connectors.Tests.Hosts;

namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>The marketplace connector with Shopify's simulator.</summary>
public sealed class ShopifyComplianceTests : LevelChannelCompliance
{
    private protected override string Consumer => ShopifyFixture.Consumer;

    private protected override async Task<IChannelStand> StandAsync() => await Stand.CreateAsync();

    private sealed class Stand(SquareHost shop, string mapping) : IChannelStand
    {
        private static readonly string[] Skus = ["apple", "pear", "plum", "refused", .. Enumerable.Range(1, 40).Select(number => string.Create(CultureInfo.InvariantCulture, $"item-{number}"))];

        public int Calls => shop.Log.RecentRequests.Count(request => request.IsWrite);

        public bool KnowsKeys => true;

        public IReadOnlyList<(string Sku, long Units)> Applied =>
            [.. shop.Log.RecentApplied.Where(change => change.ReferenceId is not null).Select(change => (Skus[int.Parse(change.CatalogObjectId["gid://shopify/InventoryItem/".Length..], CultureInfo.InvariantCulture)], (long)change.Quantity))];

        public static async Task<Stand> CreateAsync()
        {
            var mapping = Path.GetTempFileName();
            await File.WriteAllTextAsync(mapping, JsonSerializer.Serialize(new
            {
                inventory_items = Skus.ToDictionary(sku => sku, Item),
                locations = new Dictionary<string, string> { ["shop"] = ShopifyFixture.Location },
            }));

            // So many points that the suite's own pace is the limit.
            return new Stand(await SquareHost.StartAsync(settings: "--Simulator:ShopifyRestoreRate=100000"), mapping);
        }

        public async Task<IAsyncDisposable> ConnectAsync(FeedHost feed, params string[] settings) => await MarketplaceHost.StartAsync(
            feed,
            [$"--Shopify:BaseUrl={shop.Address}", $"--Shopify:AccessToken={SquareHost.Token}", $"--Shopify:MappingFile={mapping}", .. settings]);

        public Task FaultAsync(ChannelFault fault) => shop.FaultAsync(fault switch
        {
            ChannelFault.RefusesOne or ChannelFault.KnowsNotOne => $$"""{"refused_inventory_item_ids":["{{Item("refused")}}"],"refusal_code":"INVALID_INVENTORY_ITEM"}""",
            ChannelFault.NonsenseAboutOne => $$"""{"unanswerable_ids":["{{Item("refused")}}"]}""",
            _ => CommonFaults.Of(fault),
        });

        public long? LargestQuantity => 1_000_000_000;

        public async Task<string[]> MapWrongAsync()
        {
            const string Gone = "gid://shopify/InventoryItem/404";
            await shop.FaultAsync($$"""{"refused_inventory_item_ids":["{{Gone}}"],"refusal_code":"INVALID_INVENTORY_ITEM"}""");
            await File.WriteAllTextAsync(mapping + ".wrong", (await File.ReadAllTextAsync(mapping)).Replace($"\"{Item("refused")}\"", $"\"{Gone}\"", StringComparison.Ordinal));
            return [$"--Shopify:MappingFile={mapping}.wrong"];
        }

        public Task<long?> ShownAsync(string sku) =>
            Task.FromResult(shop.Log.RecentApplied.Any(change => change.CatalogObjectId == Item(sku)) ? shop.Service<ShopifyInventory>().Available(Item(sku), ShopifyFixture.Location) : (long?)null);

        public Task OverwriteAsync(string sku, long units)
        {
            shop.Service<ShopifyInventory>().Set(Item(sku), ShopifyFixture.Location, units, null);
            return Task.CompletedTask;
        }

        public async ValueTask DisposeAsync()
        {
            await shop.DisposeAsync();
            File.Delete(mapping);
            File.Delete(mapping + ".wrong");
        }

        private static string Item(string sku) => string.Create(CultureInfo.InvariantCulture, $"gid://shopify/InventoryItem/{Array.IndexOf(Skus, sku)}");
    }
}
