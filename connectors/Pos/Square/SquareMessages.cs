using System.Text.Json;
using System.Text.Json.Serialization;

namespace StockAuthority.Connectors.Pos.Square;

/// <summary>BatchChangeInventoryRequest of Square's published Inventory API.</summary>
internal sealed record BatchChangeRequest(string IdempotencyKey, bool IgnoreUnchangedCounts, IReadOnlyList<InventoryChange> Changes);

internal sealed record InventoryChange(string Type, PhysicalCount PhysicalCount);

internal sealed record PhysicalCount(string ReferenceId, string CatalogObjectId, string State, string LocationId, string Quantity, string OccurredAt);

/// <summary>BatchChangeInventoryResponse, as far as it is read.</summary>
internal sealed record BatchChangeAnswer(IReadOnlyList<SquareError>? Errors, IReadOnlyList<InventoryCount>? Counts);

/// <summary>BatchRetrieveInventoryCountsRequest: the counts of all these objects at all these locations.</summary>
internal sealed record RetrieveCountsRequest(
    IReadOnlyList<string> CatalogObjectIds, IReadOnlyList<string> LocationIds, IReadOnlyList<string> States, int Limit, string? Cursor);

/// <summary>BatchRetrieveInventoryCountsResponse; without a cursor it is the last page.</summary>
internal sealed record CountsPage(IReadOnlyList<SquareError>? Errors, IReadOnlyList<InventoryCount>? Counts, string? Cursor);

internal sealed record SquareError(string? Category, string? Code, string? Detail, string? Field);

internal sealed record InventoryCount(string? CatalogObjectId, string? State, string? LocationId, string? Quantity);

/// <summary>SearchCatalogObjectsRequest: the item variations whose attribute has one of these values.</summary>
internal sealed record SearchCatalogRequest(IReadOnlyList<string> ObjectTypes, CatalogQuery Query, string? Cursor);

internal sealed record CatalogQuery(CatalogSetQuery SetQuery);

internal sealed record CatalogSetQuery(string AttributeName, IReadOnlyList<string> AttributeValues);

internal sealed record BatchRetrieveCatalogRequest(IReadOnlyList<string> ObjectIds);

/// <summary>SearchCatalogObjectsResponse and BatchRetrieveCatalogObjectsResponse, as far as they are read.</summary>
internal sealed record CatalogObjects(IReadOnlyList<CatalogObject>? Objects, string? Cursor);

internal sealed record CatalogObject(string? Id, bool? IsDeleted, ItemVariationData? ItemVariationData);

internal sealed record ItemVariationData(string? Sku);

/// <summary>ListLocationsResponse, as far as it is read.</summary>
internal sealed record LocationList(IReadOnlyList<SquareLocation>? Locations);

internal sealed record SquareLocation(string? Id, string? Name);

/// <summary>BatchRetrieveInventoryChangesRequest.</summary>
internal sealed record RetrieveChangesRequest(IReadOnlyList<string> Types, string UpdatedAfter, string? Cursor, int Limit);

/// <summary>BatchRetrieveInventoryChangesResponse; the changes as they came.</summary>
internal sealed record ChangesPage(IReadOnlyList<SquareError>? Errors, IReadOnlyList<JsonElement>? Changes, string? Cursor);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BatchChangeRequest))]
[JsonSerializable(typeof(BatchChangeAnswer))]
[JsonSerializable(typeof(RetrieveCountsRequest))]
[JsonSerializable(typeof(CountsPage))]
[JsonSerializable(typeof(SearchCatalogRequest))]
[JsonSerializable(typeof(BatchRetrieveCatalogRequest))]
[JsonSerializable(typeof(CatalogObjects))]
[JsonSerializable(typeof(LocationList))]
[JsonSerializable(typeof(RetrieveChangesRequest))]
[JsonSerializable(typeof(ChangesPage))]
internal sealed partial class SquareJson : JsonSerializerContext;
