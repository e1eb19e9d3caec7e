using System.Text.Json.Serialization;

namespace StockAuthority.Connectors.Marketplace.Amazon;

internal sealed record ListingsItemPatchRequest(string ProductType, IReadOnlyList<PatchOperation> Patches);

internal sealed record PatchOperation(string Op, string Path, IReadOnlyList<FulfillmentAvailabilityPatch> Value);

internal sealed record FulfillmentAvailabilityPatch(
    [property: JsonPropertyName("fulfillment_channel_code")] string FulfillmentChannelCode, [property: JsonPropertyName("quantity")] long Quantity);

/// <summary>ListingsItemSubmissionResponse, or an ErrorList, as far as they are read.</summary>
internal sealed record SubmissionAnswer(string? Status, string? SubmissionId, IReadOnlyList<ListingIssue>? Issues, IReadOnlyList<ListingIssue>? Errors);

internal sealed record ListingIssue(string? Code, string? Message, string? Severity, IReadOnlyList<string>? AttributeNames);

/// <summary>Item of getListingsItem with <c>includedData=fulfillmentAvailability</c>.</summary>
internal sealed record ListingsItem(IReadOnlyList<FulfillmentAvailability>? FulfillmentAvailability);

internal sealed record FulfillmentAvailability(string? FulfillmentChannelCode, long? Quantity);

internal sealed record AccessToken(
    [property: JsonPropertyName("access_token")] string? Token, [property: JsonPropertyName("expires_in")] int ExpiresInSeconds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ListingsItemPatchRequest))]
[JsonSerializable(typeof(SubmissionAnswer))]
[JsonSerializable(typeof(ListingsItem))]
[JsonSerializable(typeof(AccessToken))]
internal sealed partial class AmazonJson : JsonSerializerContext;
