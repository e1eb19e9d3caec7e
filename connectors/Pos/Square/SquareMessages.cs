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

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BatchChangeRequest))]
[JsonSerializable(typeof(BatchChangeAnswer))]
[JsonSerializable(typeof(RetrieveCountsRequest))]
[JsonSerializable(typeof(CountsPage))]
internal sealed partial class SquareJson : JsonSerializerContext;
