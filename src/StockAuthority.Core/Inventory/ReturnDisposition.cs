namespace StockAuthority.Core.Inventory;

/// <summary>What the inspection of returned units found. The numbers are the API's.</summary>
public enum ReturnDisposition
{
    None = 0,
    Available = 1,
    Damaged = 2,
    WrittenOff = 3,
}

/// <summary>Units at one key, and what became of them.</summary>
public readonly record struct InspectedLine(StockKey Key, long Quantity, ReturnDisposition Disposition);
