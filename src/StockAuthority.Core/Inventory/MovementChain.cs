using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace StockAuthority.Core.Inventory;

/// <summary>
/// The journal's hash chain. Canonical bytes of a movement, in this order: tenant, sequence, SKU, location, from, to,
/// quantity, level version, available after, operation, order, reservation number (0 for none), document, reason,
/// idempotency key, recorded at in microseconds since 1970. Texts are UTF-8 behind their byte length; lengths and numbers
/// are 8 bytes, big-endian; an absent text has length -1. The hash is SHA-256(previous hash, canonical bytes); before the
/// first movement stand 32 zero bytes.
/// </summary>
public static class MovementChain
{
    public const int HashLength = 32;

    public static byte[] Genesis => new byte[HashLength];

    public static byte[] Next(ReadOnlySpan<byte> previousHash, string tenantId, Movement movement)
    {
        var writer = new ArrayBufferWriter<byte>(512);
        writer.Write(previousHash);
        Write(writer, tenantId);
        Write(writer, movement.Sequence);
        Write(writer, movement.Key.Sku);
        Write(writer, movement.Key.LocationId);
        Write(writer, (long)movement.From);
        Write(writer, (long)movement.To);
        Write(writer, movement.Quantity);
        Write(writer, movement.LevelVersion);
        Write(writer, movement.AvailableAfter);
        Write(writer, (long)movement.Operation);
        Write(writer, movement.OrderRef);
        Write(writer, movement.ReservationNumber ?? 0);
        Write(writer, movement.DocumentRef);
        Write(writer, (long)movement.Reason);
        Write(writer, movement.IdempotencyKey);
        Write(writer, (movement.RecordedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        return SHA256.HashData(writer.WrittenSpan);
    }

    private static void Write(ArrayBufferWriter<byte> writer, long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(writer.GetSpan(sizeof(long)), number);
        writer.Advance(sizeof(long));
    }

    private static void Write(ArrayBufferWriter<byte> writer, string? text)
    {
        if (text is null)
        {
            Write(writer, -1);
            return;
        }

        Write(writer, Encoding.UTF8.GetByteCount(text));
        writer.Advance(Encoding.UTF8.GetBytes(text, writer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
    }
}
