namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>One change as the list of changes shows it.</summary>
internal sealed record HistoryEntry(string Type, string CatalogObjectId, string LocationId, decimal Quantity, DateTimeOffset OccurredAt, DateTimeOffset CreatedAt)
{
    public const string ExternalApi = "EXTERNAL_API";

    public const string PointOfSale = "SQUARE_POS";

    public string Id { get; init; } = "";

    public string? FromState { get; init; }

    public string? ToState { get; init; }

    public string? ReferenceId { get; init; }

    public string? TransactionId { get; init; }

    public string Source { get; init; } = ExternalApi;
}
