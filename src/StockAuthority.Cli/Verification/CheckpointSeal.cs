using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Cli.Verification;

/// <summary>
/// SHA-256 over a checkpoint, its levels by sequence, and what reservations held, by number, SKU and location. What the chain is
/// for movements: an edited sum does not fit any more. Texts are UTF-8 behind their byte length, numbers 8 bytes, big-endian.
/// </summary>
internal sealed class CheckpointSeal : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public CheckpointSeal(string tenantId, long sequence, byte[] hash)
    {
        Add(tenantId);
        Add(sequence);
        _hash.AppendData(hash);
    }

    public void Add(StockLevel level)
    {
        Add(level.Key);
        Add(level.Available, level.Reserved, level.Committed, level.Inspection, level.Damaged, level.InTransit, level.Shortfall, level.Version, level.Sequence);
    }

    public void Add(CheckpointReservation held)
    {
        Add(held.Number);
        Add(held.Key);
        Add(held.Reserved, held.Committed);
    }

    public byte[] Finish() => _hash.GetHashAndReset();

    public void Dispose() => _hash.Dispose();

    private void Add(StockKey key)
    {
        Add(key.Sku);
        Add(key.LocationId);
    }

    private void Add(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Add(bytes.Length);
        _hash.AppendData(bytes);
    }

    private void Add(params ReadOnlySpan<long> numbers)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        foreach (var number in numbers)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes, number);
            _hash.AppendData(bytes);
        }
    }
}
