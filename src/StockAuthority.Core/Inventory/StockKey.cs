namespace StockAuthority.Core.Inventory;

/// <summary>One SKU at one location of one tenant; the tenant is the ledger's.</summary>
public readonly record struct StockKey(string Sku, string LocationId);

/// <summary>A quantity of whole units at one key. Signed in adjustments, positive everywhere else.</summary>
public readonly record struct StockLine(StockKey Key, long Quantity);
