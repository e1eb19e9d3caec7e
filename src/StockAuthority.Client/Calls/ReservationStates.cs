using StockAuthority.Inventory.V1;

namespace StockAuthority.Client.Calls;

internal static class ReservationStates
{
    /// <summary>The state that an error's metadata names; unspecified for one that this client does not know yet.</summary>
    public static ReservationState Parse(string name) =>
        Enum.TryParse<ReservationState>(name, ignoreCase: true, out var state) ? state : ReservationState.Unspecified;
}
