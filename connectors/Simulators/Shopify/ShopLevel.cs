using System.Text.Json.Serialization;

namespace StockAuthority.Connectors.Simulators.Shopify;

/// <summary>What PUT /simulator/shopify/levels sets: what is available, by somebody else than the connector.</summary>
internal sealed record ShopLevel(string InventoryItemId, string LocationId, long Available);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ShopLevel))]
internal sealed partial class ShopifyControlJson : JsonSerializerContext;
