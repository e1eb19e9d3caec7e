namespace StockAuthority.Core.Inventory;

/// <summary>What caused a movement. The numbers are stored; never reuse one.</summary>
public enum StockOperation : short
{
    Reserve = 1,
    Commit = 2,
    Release = 3,
    Fulfill = 4,
    Adjust = 5,
    Expire = 6,
    SetLevels = 7,
    ReceiveReturn = 8,
    InspectReturn = 9,
    DispatchTransfer = 10,
    ReceiveTransfer = 11,
}
