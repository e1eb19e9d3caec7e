using System.Text.Json.Serialization;

namespace StockAuthority.Connectors.Pos.Square;

/// <summary>BatchChangeInventoryRequest of Square's published Inventory API.</summary>
internal sealed record BatchChangeRequest(string IdempotencyKey, bool IgnoreUnchangedCounts, IReadOnlyList<InventoryChange> Changes);

internal sealed record InventoryChange(string Type, PhysicalCount PhysicalCount);

internal sealed record PhysicalCount(string ReferenceId, string CatalogObjectId, string State, string LocationId, string Quantity, string OccurredAt);

/// <summary>BatchChangeInventoryResponse, as far as it is read.</summary>
internal sealed record BatchChangeAnswer(IReadOnlyList<SquareError>? Errors, IReadOnlyList<InventoryCount>? Counts);

internal sealed record SquareError(string? Category, string? Code, string? Detail, string? Field);

internal sealed record InventoryCount(string? CatalogObjectId, string? State, string? LocationId, string? Quantity);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BatchChangeRequest))]
[JsonSerializable(typeof(BatchChangeAnswer))]
internal sealed partial class SquareJson : JsonSerializerContext;
