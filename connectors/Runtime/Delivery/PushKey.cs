using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace StockAuthority.Connectors.Runtime.Delivery;

internal static class PushKey
{
    /// <summary>The SHA-256 of what is pushed, in hexadecimal: the same levels make the same key, in any process. Their time
    /// is a part of it: a level that is repaired is pushed again as of now, and a channel must not take that for the first push.</summary>
    public static string For(string tenantId, IReadOnlyList<LevelChange> changes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, tenantId);
        foreach (var change in changes)
        {
            Append(hash, change.Key.Sku);
            Append(hash, change.Key.LocationId);
            Append(hash, change.Version);
            Append(hash, change.RecordTime.UtcTicks);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Lengths go first: without them ("ab", "c") and ("a", "bc") would be one key.
    private static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Append(hash, bytes.LongLength);
        hash.AppendData(bytes);
    }

    private static void Append(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
