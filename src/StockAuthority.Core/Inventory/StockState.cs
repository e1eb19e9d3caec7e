namespace StockAuthority.Core.Inventory;

/// <summary>Where units are, or where they come from and go to. The numbers are stored; never reuse one.</summary>
public enum StockState : short
{
    Available = 1,
    Reserved = 2,
    Committed = 3,
    Inspection = 4,
    Damaged = 5,
    InTransit = 6,

    /// <summary>Units owed. Its balance is a debt: a movement out of it makes the debt larger, one into it covers it.</summary>
    Shortfall = 7,

    Supply = 20,
    Customer = 21,
    WrittenOff = 22,

    /// <summary>The other key of a transfer: what leaves one key for there enters another from there.</summary>
    OtherLocation = 23,
}
