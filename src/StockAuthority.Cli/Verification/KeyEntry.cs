namespace StockAuthority.Cli.Verification;

/// <summary>Where a key begins to be used: 24 bytes in place of the key and its tenant.</summary>
internal readonly record struct KeyEntry(ulong Hash, long Sequence, int Tenant) : IComparable<KeyEntry>
{
    public int CompareTo(KeyEntry other)
    {
        var order = Hash.CompareTo(other.Hash);
        order = order != 0 ? order : Tenant.CompareTo(other.Tenant);
        return order != 0 ? order : Sequence.CompareTo(other.Sequence);
    }

    public static bool operator <(KeyEntry left, KeyEntry right) => left.CompareTo(right) < 0;

    public static bool operator >(KeyEntry left, KeyEntry right) => left.CompareTo(right) > 0;

    public static bool operator <=(KeyEntry left, KeyEntry right) => left.CompareTo(right) <= 0;

    public static bool operator >=(KeyEntry left, KeyEntry right) => left.CompareTo(right) >= 0;
}
