namespace StockAuthority.Core.Inventory;

/// <summary>Why a level was adjusted. The numbers are stored; never reuse one.</summary>
public enum AdjustmentReason : short
{
    None = 0,
    Receipt = 1,
    OpeningBalance = 2,
    CycleCount = 3,
    Sale = 4,
    Damage = 5,
    Shrinkage = 6,
    WriteOff = 7,
    Correction = 8,
}
