using System.Text.Json;
using System.Text.Json.Serialization;

namespace StockAuthority.Connectors.Marketplace.Shopify;

internal sealed record SetQuantitiesRequest(string Query, SetQuantitiesVariables Variables);

internal sealed record SetQuantitiesVariables(InventorySetQuantitiesInput Input, string Key);

/// <summary>InventorySetQuantitiesInput of Shopify's GraphQL Admin API.</summary>
internal sealed record InventorySetQuantitiesInput(string Name, string Reason, string ReferenceDocumentUri, IReadOnlyList<InventoryQuantityInput> Quantities);

/// <param name="ChangeFromQuantity">What the shop must have for the change to be made; null, which has to be said, for whatever it has.</param>
internal sealed record InventoryQuantityInput(string InventoryItemId, string LocationId, long Quantity, long? ChangeFromQuantity);

internal sealed record ReadQuantitiesRequest(string Query, ReadQuantitiesVariables Variables);

internal sealed record ReadQuantitiesVariables(IReadOnlyList<string> Ids, string LocationId);

/// <summary>An answer to any request, as far as it is read. <c>Errors</c> is a list, or a text where the request did not get as far as GraphQL.</summary>
internal sealed record GraphQLAnswer(AnswerData? Data, JsonElement? Errors, AnswerExtensions? Extensions);

internal sealed record AnswerData(SetQuantitiesPayload? InventorySetQuantities, IReadOnlyList<InventoryItemNode?>? Nodes);

internal sealed record SetQuantitiesPayload(IReadOnlyList<UserError>? UserErrors);

internal sealed record UserError(string? Code, IReadOnlyList<string>? Field, string? Message);

internal sealed record InventoryItemNode(string? Id, InventoryLevelNode? InventoryLevel);

internal sealed record InventoryLevelNode(IReadOnlyList<QuantityNode>? Quantities);

internal sealed record QuantityNode(string? Name, long Quantity);

internal sealed record AnswerExtensions(AnswerCost? Cost);

internal sealed record AnswerCost(double RequestedQueryCost, ThrottleStatus? ThrottleStatus);

internal sealed record ThrottleStatus(double MaximumAvailable, double CurrentlyAvailable, double RestoreRate);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SetQuantitiesRequest))]
[JsonSerializable(typeof(ReadQuantitiesRequest))]
[JsonSerializable(typeof(GraphQLAnswer))]
internal sealed partial class ShopifyJson : JsonSerializerContext;
