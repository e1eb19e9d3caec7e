using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace StockAuthority.Core.Inventory;

/// <summary>
/// The journal's hash chain. Canonical bytes of a movement, in this order: tenant, sequence, SKU, location, from, to,
/// quantity, level version, available after, operation, order, reservation number (0 for none), document, reason,
/// idempotency key, recorded at in microseconds since 1970; and only where it is known, occurred at in the same unit.
/// Texts are UTF-8 behind their byte length; lengths and numbers are 8 bytes, big-endian; an absent text has length -1. The
/// hash is SHA-256(previous hash, canonical bytes); before the first movement stand 32 zero bytes.
/// </summary>
public static class MovementChain
{
    public const int HashLength = 32;

    /// <summary>Numbers, and lengths of texts, in the canonical bytes.</summary>
    private const int Fields = 18;

    /// <summary>Bytes of UTF-8 that one UTF-16 character takes at most.</summary>
    private const int LargestCharacter = 3;

    private const int LargestOnStack = 2_048;

    public static byte[] Genesis => new byte[HashLength];

    public static byte[] Next(ReadOnlySpan<byte> previousHash, string tenantId, Movement movement)
    {
        var hash = new byte[HashLength];
        Next(previousHash, tenantId, movement, hash);
        return hash;
    }

    /// <summary>The same without an allocation: a verification does nothing else, millions of times.</summary>
    /// <param name="previousHash">May be the memory of <paramref name="hash"/>.</param>
    /// <param name="tenantId">Whose journal it is.</param>
    /// <param name="movement">What is hashed; its own hash is not looked at.</param>
    /// <param name="hash">Takes <see cref="HashLength"/> bytes.</param>
    public static void Next(ReadOnlySpan<byte> previousHash, string tenantId, Movement movement, Span<byte> hash)
    {
        var characters = tenantId.Length + movement.Key.Sku.Length + movement.Key.LocationId.Length + (movement.OrderRef?.Length ?? 0)
            + (movement.DocumentRef?.Length ?? 0) + movement.IdempotencyKey.Length;
        var largest = HashLength + (Fields * sizeof(long)) + (characters * LargestCharacter);
        byte[]? rented = null;
        var buffer = largest <= LargestOnStack ? stackalloc byte[LargestOnStack] : rented = ArrayPool<byte>.Shared.Rent(largest);
        var writer = new CanonicalBytes(buffer);
        writer.Write(previousHash);
        writer.Write(tenantId);
        writer.Write(movement.Sequence);
        writer.Write(movement.Key.Sku);
        writer.Write(movement.Key.LocationId);
        writer.Write((long)movement.From);
        writer.Write((long)movement.To);
        writer.Write(movement.Quantity);
        writer.Write(movement.LevelVersion);
        writer.Write(movement.AvailableAfter);
        writer.Write((long)movement.Operation);
        writer.Write(movement.OrderRef);
        writer.Write(movement.ReservationNumber ?? 0);
        writer.Write(movement.DocumentRef);
        writer.Write((long)movement.Reason);
        writer.Write(movement.IdempotencyKey);
        writer.Write(movement.RecordedAt);
        if (movement.OccurredAt is { } occurredAt)
        {
            writer.Write(occurredAt);
        }

        SHA256.HashData(writer.Written, hash);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private ref struct CanonicalBytes(Span<byte> buffer)
    {
        private readonly Span<byte> _buffer = buffer;
        private int _length;

        public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

        public void Write(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_buffer[_length..]);
            _length += bytes.Length;
        }

        public void Write(long number)
        {
            BinaryPrimitives.WriteInt64BigEndian(_buffer[_length..], number);
            _length += sizeof(long);
        }

        public void Write(DateTimeOffset time) => Write((time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

        public void Write(string? text)
        {
            if (text is null)
            {
                Write(-1);
                return;
            }

            var bytes = Encoding.UTF8.GetBytes(text, _buffer[(_length + sizeof(long))..]);
            Write((long)bytes);
            _length += bytes;
        }
    }
}
