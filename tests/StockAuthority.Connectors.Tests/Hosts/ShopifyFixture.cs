using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using StockAuthority.Connectors.Marketplace;
using StockAuthority.Connectors.Simulators.Control;
using Xunit;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>A feed and a shop for each test; the test starts the real connector when its stage is set.</summary>
public abstract class ShopifyFixture : IAsyncLifetime
{
    public const string Consumer = "marketplace-shopify";
    public const string Version = "2026-10";
    public const string Location = "gid://shopify/Location/7";
    private static readonly string[] Fruit = ["apple", "pear", "plum"];
    private readonly string _mapping = Path.GetTempFileName();
    private readonly List<WebApplication> _connectors = [];

    internal FeedHost Feed { get; private set; } = null!;

    internal SquareHost Shop { get; private set; } = null!;

    internal Journal Journal => Feed.Journal;

    internal IReadOnlyList<RequestRecord> Requests => Shop.Log.RecentRequests;

    internal IReadOnlyList<RequestRecord> Pushes => [.. Requests.Where(request => request.Changes > 0 || request.IdempotencyKey is not null)];

    /// <summary>Settings of the simulator.</summary>
    protected virtual string[] ShopSettings => [];

    /// <summary>The connector's; null for the system's.</summary>
    protected virtual TimeProvider? ConnectorClock => null;

    /// <summary>How many of <c>item-1</c> and so on the mapping has.</summary>
    protected virtual int MappedItems => 1000;

    public async ValueTask InitializeAsync()
    {
        Feed = await FeedHost.StartAsync();
        Shop = await SquareHost.StartAsync(settings: ShopSettings);
        Shop.Http.DefaultRequestHeaders.Add("X-Shopify-Access-Token", SquareHost.Token);
        var items = Enumerable.Range(1, MappedItems).Select(number => (Sku: string.Create(CultureInfo.InvariantCulture, $"item-{number}"), Number: number))
            .Concat(Fruit.Select((sku, index) => (Sku: sku, Number: 1_000_001 + index)));
        await File.WriteAllTextAsync(_mapping, JsonSerializer.Serialize(new
        {
            inventory_items = items.ToDictionary(item => item.Sku, item => string.Create(CultureInfo.InvariantCulture, $"gid://shopify/InventoryItem/{item.Number}")),
            locations = new Dictionary<string, string> { ["shop"] = Location },
        }));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connector in _connectors)
        {
            await connector.DisposeAsync();
        }

        await Feed.DisposeAsync();
        await Shop.DisposeAsync();
        File.Delete(_mapping);
        GC.SuppressFinalize(this);
    }

    public static string Item(string sku) => "gid://shopify/InventoryItem/"
        + (Array.IndexOf(Fruit, sku) is >= 0 and var index ? (1_000_001 + index).ToString(CultureInfo.InvariantCulture) : sku["item-".Length..]);

    internal async Task<WebApplication> ConnectAsync(params string[] settings)
    {
        var app = await ConnectorHost.StartAsync(MarketplaceConnector.Configure,
        [
            .. ConnectorHost.Of(Feed),
            "--Channel:CustomerSentence=The last units are shown.", "--Channel:Owner=nobody", "--Channel:InitialRollout=100",
            "--Connector:RetryDelay=00:00:00.020",
            "--Connector:MaxRetryDelay=00:00:02",
            "--Connector:BreakDuration=00:00:00.500",
            "--Connector:PollInterval=00:00:00.050",
            "--Connector:PushesPerSecond=1000",
            $"--Shopify:BaseUrl={Shop.Address}",
            $"--Shopify:AccessToken={SquareHost.Token}",
            $"--Shopify:MappingFile={_mapping}",
            .. settings,
        ], ConnectorClock);
        _connectors.Add(app);
        return app;
    }

    internal async Task StopAsync(WebApplication connector)
    {
        _connectors.Remove(connector);
        await connector.StopAsync();
        await connector.DisposeAsync();
    }

    /// <summary>What the shop shows, by a query of the test's own.</summary>
    internal async Task<long> QuantityAsync(string sku)
    {
        // What was pushed may have used up what the shop allows.
        JsonNode? data = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                var answer = await GraphQLAsync(
                    "query($ids: [ID!]!, $at: ID!) { nodes(ids: $ids) { ... on InventoryItem { inventoryLevel(locationId: $at) { quantities(names: [\"available\"]) { quantity } } } } }",
                    new JsonObject { ["ids"] = new JsonArray(Item(sku)), ["at"] = Location });
                data = answer["data"];
                return data is not null;
            },
            "the shop answers");
        return (long)data!["nodes"]![0]!["inventoryLevel"]!["quantities"]![0]!["quantity"]!;
    }

    internal async Task<JsonNode> GraphQLAsync(string query, JsonObject variables)
    {
        using var response = await Shop.Http.PostAsJsonAsync(new Uri($"/admin/api/{Version}/graphql.json", UriKind.Relative), new JsonObject { ["query"] = query, ["variables"] = variables });
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }

    /// <summary>A sale in the shop.</summary>
    internal async Task SellAsync(string sku, long left)
    {
        using var response = await Shop.Http.PutAsJsonAsync(new Uri("/simulator/shopify/levels", UriKind.Relative), new { inventory_item_id = Item(sku), location_id = Location, available = left });
        response.EnsureSuccessStatusCode();
    }

    internal Task ShownAsync(string sku, long quantity) => Eventually.HoldsAsync(async () => await QuantityAsync(sku) == quantity, $"{sku} shows {quantity}");

    internal Task CheckpointAsync(long sequence) => Eventually.HoldsAsync(() => Journal.Checkpoint(Consumer) == sequence, $"the checkpoint is {sequence}");
}
