namespace StockAuthority.Connectors.Runtime;

/// <summary>Names one stock level of the connector's tenant.</summary>
public readonly record struct StockKey(string Sku, string LocationId);
