using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Cli.Verification;

/// <summary>
/// Tells the reservations of one level apart without keeping them: what movements moved and what rows hold is summed up with a
/// random weight for each reservation and state. The weighted sums of both are equal where every reservation holds what was
/// moved for it; where any does not, they are equal with a chance of 2^-64, which nobody can work towards, as the weights are
/// another verification's in the next. Sorting the journal by reservations would find the same, with a disk for it.
/// </summary>
internal static class ReservationWeight
{
    private static readonly long Salt = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    public static Int128 Of(long reservation, StockState state, long units) =>
        units == 0 ? 0 : unchecked((Int128)XxHash3.HashToUInt64(MemoryMarshal.AsBytes<long>([reservation, (long)state]), Salt) * units);
}
