namespace StockAuthority.Core.Inventory;

/// <summary>One SKU at one location of one tenant; the tenant is the ledger's.</summary>
public readonly record struct StockKey(string Sku, string LocationId);

/// <summary>A quantity of whole units at one key. Signed in adjustments, positive everywhere else.</summary>
public readonly record struct StockLine(StockKey Key, long Quantity);

/// <summary>What a person counted at one key: every physical unit, whoever it is promised to.</summary>
/// <param name="Key">The SKU and location.</param>
/// <param name="OnHand">Not negative.</param>
/// <param name="ExpectedVersion">The level's version that the count is about.</param>
public readonly record struct CountedLine(StockKey Key, long OnHand, long ExpectedVersion);
