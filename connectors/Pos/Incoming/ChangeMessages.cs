using System.Text.Json.Serialization;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>InventoryChange of Square's published Inventory API, as it is read.</summary>
internal sealed record ListedChange(string? Type, ListedCount? PhysicalCount, ListedAdjustment? Adjustment);

/// <summary>InventoryPhysicalCount.</summary>
internal sealed record ListedCount(
    string? Id, string? ReferenceId, string? CatalogObjectId, string? State, string? LocationId, string? Quantity, DateTimeOffset? OccurredAt, DateTimeOffset? CreatedAt);

/// <summary>InventoryAdjustment.</summary>
internal sealed record ListedAdjustment(
    string? Id, string? ReferenceId, string? FromState, string? ToState, string? LocationId, string? CatalogObjectId, string? Quantity, DateTimeOffset? OccurredAt, DateTimeOffset? CreatedAt,
    string? TransactionId, string? RefundId, ListedAdjustmentGroup? AdjustmentGroup);

/// <summary>InventoryAdjustmentGroup.</summary>
internal sealed record ListedAdjustmentGroup(string? FromState, string? ToState);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ListedChange))]
internal sealed partial class ChangeJson : JsonSerializerContext;
