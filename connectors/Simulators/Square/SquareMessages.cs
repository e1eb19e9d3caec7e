using System.Text.Json.Serialization;

namespace StockAuthority.Connectors.Simulators.Square;

internal sealed record BatchChangeRequest(string? IdempotencyKey, IReadOnlyList<InventoryChange?>? Changes, bool? IgnoreUnchangedCounts);

internal sealed record InventoryChange(string? Type, PhysicalCount? PhysicalCount);

internal sealed record PhysicalCount(string? ReferenceId, string? CatalogObjectId, string? State, string? LocationId, string? Quantity, string? OccurredAt);

internal sealed record BatchRetrieveCountsRequest(
    IReadOnlyList<string>? CatalogObjectIds, IReadOnlyList<string>? LocationIds, string? UpdatedAfter, string? Cursor, IReadOnlyList<string>? States, int? Limit);

internal sealed record InventoryCount(string CatalogObjectId, string CatalogObjectType, string State, string LocationId, string Quantity, string CalculatedAt);

internal sealed record CountsAnswer(IReadOnlyList<InventoryCount> Counts, IReadOnlyList<SquareError> Errors, string? Cursor = null);

internal sealed record BatchRetrieveChangesRequest(
    IReadOnlyList<string>? CatalogObjectIds, IReadOnlyList<string>? LocationIds, IReadOnlyList<string>? Types, string? UpdatedAfter, string? Cursor, int? Limit);

/// <summary>InventoryChange as it is answered.</summary>
internal sealed record StoredChange(string Type, StoredCount? PhysicalCount, StoredAdjustment? Adjustment);

internal sealed record StoredCount(
    string Id, string? ReferenceId, string CatalogObjectId, string CatalogObjectType, string State, string LocationId, string Quantity, SourceApplication Source, string OccurredAt, string CreatedAt);

internal sealed record StoredAdjustment(
    string Id, string? ReferenceId, string FromState, string ToState, string LocationId, string CatalogObjectId, string CatalogObjectType, string Quantity, string OccurredAt,
    string CreatedAt, SourceApplication Source, string? TransactionId);

internal sealed record SourceApplication(string Product, string Name);

internal sealed record ChangesAnswer(IReadOnlyList<StoredChange> Changes, IReadOnlyList<SquareError> Errors, string? Cursor = null);

/// <summary>InventoryCountUpdatedEvent, which its webhook carries.</summary>
internal sealed record CountUpdated(string MerchantId, string Type, string EventId, string CreatedAt, CountUpdatedData Data);

internal sealed record CountUpdatedData(string Type, string Id, CountUpdatedObject Object);

internal sealed record CountUpdatedObject(IReadOnlyList<InventoryCount> InventoryCounts);

/// <summary>What happens at a till: a sale of these units, another change of state, or a count.</summary>
internal sealed record TillChange(string? CatalogObjectId, string? LocationId, decimal Quantity, decimal? CountedQuantity, string? OccurredAt, string? TransactionId)
{
    // Settable: the serializer would replace an init-only default by null.
    public string FromState { get; set; } = InventoryStates.InStock;

    public string ToState { get; set; } = "SOLD";
}

internal sealed record TillAnswer(string AdjustmentId);

/// <summary>What PUT /simulator/square/catalog says the merchant has.</summary>
internal sealed record CatalogContents(IReadOnlyList<NamedVariation> Variations, IReadOnlyList<NamedPlace> Locations);

internal sealed record NamedVariation(string Id, string Sku);

internal sealed record NamedPlace(string Id, string Name);

/// <summary>SearchCatalogObjectsRequest, as far as it is answered.</summary>
internal sealed record CatalogSearch(IReadOnlyList<string>? ObjectTypes, CatalogSearchQuery? Query, string? Cursor);

internal sealed record CatalogSearchQuery(CatalogSearchSet? SetQuery);

internal sealed record CatalogSearchSet(string? AttributeName, IReadOnlyList<string>? AttributeValues);

internal sealed record CatalogRetrieval(IReadOnlyList<string>? ObjectIds);

internal sealed record CatalogAnswer(IReadOnlyList<VariationObject> Objects, string? Cursor);

internal sealed record VariationObject(string Type, string Id, bool IsDeleted, VariationData ItemVariationData);

internal sealed record VariationData(string Sku);

internal sealed record LocationsAnswer(IReadOnlyList<NamedLocation> Locations);

internal sealed record NamedLocation(string Id, string Name, string Status);

internal sealed record ErrorAnswer(IReadOnlyList<SquareError> Errors);

internal sealed record SquareError(string Category, string Code, string? Detail, string? Field = null)
{
    public static SquareError InvalidRequest(string code, string detail, string? field = null) => new("INVALID_REQUEST_ERROR", code, detail, field);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BatchChangeRequest))]
[JsonSerializable(typeof(BatchRetrieveCountsRequest))]
[JsonSerializable(typeof(CountsAnswer))]
[JsonSerializable(typeof(BatchRetrieveChangesRequest))]
[JsonSerializable(typeof(ChangesAnswer))]
[JsonSerializable(typeof(CountUpdated))]
[JsonSerializable(typeof(TillChange))]
[JsonSerializable(typeof(TillAnswer))]
[JsonSerializable(typeof(CatalogContents))]
[JsonSerializable(typeof(CatalogSearch))]
[JsonSerializable(typeof(CatalogRetrieval))]
[JsonSerializable(typeof(CatalogAnswer))]
[JsonSerializable(typeof(LocationsAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class SquareJson : JsonSerializerContext;
