namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>A physical count that passed every published rule.</summary>
internal sealed record CountChange(string CatalogObjectId, string LocationId, decimal Quantity, DateTimeOffset OccurredAt, string? ReferenceId);
