using System.Text.Json.Serialization;

namespace StockAuthority.Connectors.Simulators.Square;

internal sealed record BatchChangeRequest(string? IdempotencyKey, IReadOnlyList<InventoryChange?>? Changes, bool? IgnoreUnchangedCounts);

internal sealed record InventoryChange(string? Type, PhysicalCount? PhysicalCount);

internal sealed record PhysicalCount(string? ReferenceId, string? CatalogObjectId, string? State, string? LocationId, string? Quantity, string? OccurredAt);

internal sealed record BatchRetrieveCountsRequest(
    IReadOnlyList<string>? CatalogObjectIds, IReadOnlyList<string>? LocationIds, string? UpdatedAfter, string? Cursor, IReadOnlyList<string>? States, int? Limit);

internal sealed record InventoryCount(string CatalogObjectId, string CatalogObjectType, string State, string LocationId, string Quantity, string CalculatedAt);

internal sealed record CountsAnswer(IReadOnlyList<InventoryCount> Counts, IReadOnlyList<SquareError> Errors, string? Cursor = null);

internal sealed record ErrorAnswer(IReadOnlyList<SquareError> Errors);

internal sealed record SquareError(string Category, string Code, string? Detail, string? Field = null)
{
    public static SquareError InvalidRequest(string code, string detail, string? field = null) => new("INVALID_REQUEST_ERROR", code, detail, field);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BatchChangeRequest))]
[JsonSerializable(typeof(BatchRetrieveCountsRequest))]
[JsonSerializable(typeof(CountsAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class SquareJson : JsonSerializerContext;
