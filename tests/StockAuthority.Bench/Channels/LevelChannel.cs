using System.Globalization;
using System.Text.Json;
using StockAuthority.Connectors.Simulators.Amazon;
using StockAuthority.Connectors.Simulators.Shopify;
using StockAuthority.Connectors.Simulators.Square;
using StockAuthority.Connectors.Simulators.Webhooks;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.Testing;

namespace StockAuthority.Bench.Channels;

/// <summary>A channel of levels: how its connector is started, and what its simulator shows.</summary>
/// <param name="Name">In figures.</param>
/// <param name="Skus">How many the tenant has.</param>
/// <param name="ChangesPerSecond">At which its changes are timed.</param>
/// <param name="Program">The connector, at the authority's address.</param>
/// <param name="SkuOf">Our name of what it calls an item.</param>
/// <param name="Read">All that the simulator shows, by SKU.</param>
internal sealed record LevelChannel(string Name, int Skus, double ChangesPerSecond, Func<Uri, Task<ChildProgram>> Program, Func<string, string> SkuOf, Func<IReadOnlyDictionary<string, long>> Read)
{
    public const string Location = "warehouse-1";
    private const int ManySkus = 20_000;
    private const double ManyChangesPerSecond = 200;
    private const string ShopifyItem = "gid://shopify/InventoryItem/";
    private const string ShopifyLocation = "gid://shopify/Location/1";
    private const string AmazonSeller = "SELLER";
    private const string AmazonPlace = "DEFAULT";

    // Its usage plan is five calls a second, of one listing each.
    private const int AmazonSkus = 50;
    private const double AmazonChangesPerSecond = 4;

    public string Tenant => "bench-" + Name;

    public static LevelChannel Square(SimulatorStand simulators, TestDatabase database, int port, SquareWebhook webhook) => new(
        "square",
        ManySkus,
        ManyChangesPerSecond,
        async authority => Services.Pos(
            TestWorkspace.Checkout, await TestWorkspace.NewLogFileAsync("pos"), port, authority, await TestTokens.FileAsync("bench-square"), "bench-square",
            simulators.Address, SimulatorStand.Token, database.ConnectionString, webhook),
        sku => sku,
        () => simulators.Service<SquareInventory>().Find(null, null, DateTimeOffset.MinValue)
            .ToDictionary(count => count.CatalogObjectId, count => long.Parse(count.Quantity, CultureInfo.InvariantCulture), StringComparer.Ordinal));

    public static LevelChannel Shopify(SimulatorStand simulators)
    {
        return new LevelChannel("shopify", ManySkus, ManyChangesPerSecond, ProgramAsync, item => Opening.Sku(long.Parse(item[ShopifyItem.Length..], CultureInfo.InvariantCulture)), () =>
            Enumerable.Range(0, ManySkus).ToDictionary(number => Opening.Sku(number), number => simulators.Service<ShopifyInventory>().Available(Item(number), ShopifyLocation), StringComparer.Ordinal));

        static string Item(int number) => string.Create(CultureInfo.InvariantCulture, $"{ShopifyItem}{number}");

        async Task<ChildProgram> ProgramAsync(Uri authority)
        {
            var mapping = Path.Combine(await TestWorkspace.FolderAsync(), "bench-shopify.json");
            await File.WriteAllTextAsync(mapping, JsonSerializer.Serialize(new
            {
                inventory_items = Enumerable.Range(0, ManySkus).ToDictionary(number => Opening.Sku(number), Item, StringComparer.Ordinal),
                locations = new Dictionary<string, string>(StringComparer.Ordinal) { [Location] = ShopifyLocation },
            }));
            return Services.Marketplace(
                TestWorkspace.Checkout, await TestWorkspace.NewLogFileAsync("shopify"), Ports.Free(), authority, await TestTokens.FileAsync("bench-shopify"), "bench-shopify",
                simulators.Address, SimulatorStand.Token, mapping);
        }
    }

    public static LevelChannel Amazon(SimulatorStand simulators) => new(
        "amazon",
        AmazonSkus,
        AmazonChangesPerSecond,
        async authority => Services.Marketplace(
            TestWorkspace.Checkout, await TestWorkspace.NewLogFileAsync("amazon"), Ports.Free(), authority, await TestTokens.FileAsync("bench-amazon"), "bench-amazon",
            simulators.Address, SimulatorStand.Token, "").With(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["Marketplace__Channel"] = "amazon",
                ["Connector__Consumer"] = "marketplace-amazon",
                ["Amazon__BaseUrl"] = simulators.Address.AbsoluteUri,
                ["Amazon__TokenUrl"] = new Uri(simulators.Address, "/auth/o2/token").AbsoluteUri,
                ["Amazon__ClientId"] = "bench",
                ["Amazon__ClientSecret"] = "bench",
                ["Amazon__RefreshToken"] = SimulatorStand.Token,
                ["Amazon__SellerId"] = AmazonSeller,
                ["Amazon__MarketplaceId"] = "A1PA6795UKMFR9",
                ["Amazon__Locations__0__LocationId"] = Location,
                ["Amazon__Locations__0__FulfillmentChannelCode"] = AmazonPlace,
            }),
        sku => sku,
        () => Enumerable.Range(0, AmazonSkus).Select(number => Opening.Sku(number)).ToDictionary(
            sku => sku, sku => simulators.Service<AmazonListings>().Of(AmazonSeller, sku).GetValueOrDefault(AmazonPlace), StringComparer.Ordinal));

    public static LevelChannel Webhook(SimulatorStand simulators, TestDatabase database) => new(
        "webhook",
        ManySkus,
        ManyChangesPerSecond,
        async authority => Services.Webhook(
            TestWorkspace.Checkout, await TestWorkspace.NewLogFileAsync("webhook"), Ports.Free(), authority, await TestTokens.FileAsync("bench-webhook"), "bench-webhook",
            database.ConnectionString, new Uri(simulators.Address, "/sample-subscriber"), simulators.SubscriberSecretFile),
        sku => sku,
        () => simulators.Service<WebhookSubscriber>().Show().Levels.ToDictionary(level => level.Sku, level => level.Available, StringComparer.Ordinal));
}
