using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using StockAuthority.DevHost.Processes;

namespace StockAuthority.EndToEnd.Tests.Channels;

/// <summary>What the channels show, by their own published interfaces where they have one to ask.</summary>
internal sealed class ShownByChannels(FourChannels stand, HttpClient http, string token)
{
    public const string ShopLocation = "gid://shopify/Location/7";
    private const int ItemsPerQuery = 100;

    public static string ShopItem(string sku) => "gid://shopify/InventoryItem/" + sku["ITEM-".Length..];

    /// <summary>The levels of these SKUs in a channel that shows levels; those that it never heard of are not there.</summary>
    public Task<Dictionary<string, long>> LevelsAsync(string channel, IReadOnlyList<string> skus) => channel switch
    {
        FourChannels.Square => SquareAsync(skus),
        FourChannels.Shopify => ShopifyAsync(skus),
        _ => SubscriberAsync(skus),
    };

    /// <summary>Webhooks that brought an older version of a level than an earlier one had.</summary>
    public async Task<long> OlderAfterNewerAsync() =>
        (long)(await http.GetFromJsonAsync<JsonNode>(new Uri(stand.Simulators[FourChannels.Webhook], "/simulator/webhooks")))!["older_after_newer"]!;

    /// <summary>Origins of the goods that the ERP has booked, as often as it has booked them, with the units of each.</summary>
    public async Task<IReadOnlyList<(string Origin, long Units)>> BookedAsync()
    {
        var books = (await http.GetFromJsonAsync<JsonNode>(new Uri(stand.Simulators[FourChannels.Erp], "/simulator/business-central")))!;
        return
        [
            .. books["item_ledger_entries"]!.AsArray().Select(entry => (
                entry!["description"]!.ToString().Split(':')[2],
                (long)Math.Abs((decimal)entry["quantity"]!))),
        ];
    }

    /// <summary>Requests that asked the channel for a change, of those that its simulator remembers, and all changes that it carried out.</summary>
    public async Task<(int Requests, long Applied)> WritesAsync(string channel)
    {
        var log = await RequestsAsync(channel);
        return (log["recent_requests"]!.AsArray().Count(request => (bool)request!["is_write"]!), (long)log["applied_changes"]!);
    }

    /// <summary>Requests for a change since then, by their status; 0 is one that is not answered yet.</summary>
    public async Task<IReadOnlyList<int>> StatusesAsync(string channel, DateTimeOffset since) =>
        [.. (await RequestsAsync(channel))["recent_requests"]!.AsArray().Where(request => (bool)request!["is_write"]! && (DateTimeOffset)request["received_at"]! >= since).Select(request => (int)request!["status"]!)];

    /// <summary>Requests that were refused because there were too many, of those that its simulator remembers.</summary>
    public async Task<int> RefusalsAsync(string channel) =>
        (await RequestsAsync(channel))["recent_requests"]!.AsArray().Count(request => (int)request!["status"]! == 429 || (string?)request["error_code"] == "THROTTLED");

    private async Task<JsonNode> RequestsAsync(string channel) => (await http.GetFromJsonAsync<JsonNode>(new Uri(stand.Simulators[channel], "/simulator/requests")))!;

    private async Task<Dictionary<string, long>> SquareAsync(IReadOnlyList<string> skus)
    {
        var shown = new Dictionary<string, long>(StringComparer.Ordinal);
        string? cursor = null;
        do
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(stand.Simulators[FourChannels.Square], "/v2/inventory/counts/batch-retrieve"))
            {
                Content = JsonContent.Create(new { catalog_object_ids = skus, location_ids = (string[])[FourChannels.Location], states = (string[])["IN_STOCK"], limit = 1000, cursor }),
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            request.Headers.Add("Square-Version", Services.SquareVersion);
            var answer = await SendAsync(request);
            foreach (var count in answer["counts"]?.AsArray() ?? [])
            {
                shown[(string)count!["catalog_object_id"]!] = (long)decimal.Parse((string)count["quantity"]!, CultureInfo.InvariantCulture);
            }

            cursor = (string?)answer["cursor"];
        }
        while (cursor is not null);
        return shown;
    }

    private async Task<Dictionary<string, long>> ShopifyAsync(IReadOnlyList<string> skus)
    {
        const string query = "query($ids: [ID!]!, $at: ID!) { nodes(ids: $ids) { ... on InventoryItem { inventoryLevel(locationId: $at) { quantities(names: [\"available\"]) { quantity } } } } }";
        var shown = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var chunk in skus.Chunk(ItemsPerQuery))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(stand.Simulators[FourChannels.Shopify], "/admin/api/2026-10/graphql.json"))
            {
                Content = JsonContent.Create(new { query, variables = new { ids = chunk.Select(ShopItem), at = ShopLocation } }),
            };
            request.Headers.Add("X-Shopify-Access-Token", token);
            foreach (var (index, node) in ((await SendAsync(request))["data"]?["nodes"]?.AsArray() ?? []).Index())
            {
                if (node?["inventoryLevel"]?["quantities"]?[0]?["quantity"] is { } quantity)
                {
                    shown[chunk[index]] = (long)quantity;
                }
            }
        }

        return shown;
    }

    private async Task<Dictionary<string, long>> SubscriberAsync(IReadOnlyList<string> skus)
    {
        var wanted = skus.ToHashSet(StringComparer.Ordinal);
        var told = (await http.GetFromJsonAsync<JsonNode>(new Uri(stand.Simulators[FourChannels.Webhook], "/simulator/webhooks")))!;
        return told["levels"]!.AsArray().Where(level => wanted.Contains((string)level!["sku"]!)).ToDictionary(level => (string)level!["sku"]!, level => (long)level!["available"]!, StringComparer.Ordinal);
    }

    private async Task<JsonNode> SendAsync(HttpRequestMessage request)
    {
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }
}
