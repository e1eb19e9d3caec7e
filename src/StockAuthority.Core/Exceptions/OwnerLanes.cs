namespace StockAuthority.Core.Exceptions;

/// <summary>Who sees to cases that no row of the trigger matrix gives to anybody.</summary>
public static class OwnerLanes
{
    public const string Payments = "payments";
    public const string Stock = "stock";
    public const string Finance = "finance";
    public const string Channels = "channels";
}
