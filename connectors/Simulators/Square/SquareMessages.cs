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
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class SquareJson : JsonSerializerContext;
