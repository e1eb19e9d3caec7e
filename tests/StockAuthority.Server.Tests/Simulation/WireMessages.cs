using System.Buffers.Binary;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>Cuts a stream of PostgreSQL's protocol, version 3, into messages: one byte of type, four of length, the rest.</summary>
internal sealed class WireMessages
{
    private readonly List<byte> _pending = [];

    public void Append(ReadOnlySpan<byte> bytes) => _pending.AddRange(bytes);

    /// <summary>The next whole message, or null where more bytes have to come first.</summary>
    public byte[]? Next()
    {
        const int Header = 5;
        if (_pending.Count < Header)
        {
            return null;
        }

        Span<byte> length = [_pending[1], _pending[2], _pending[3], _pending[4]];
        var size = 1 + BinaryPrimitives.ReadInt32BigEndian(length);
        if (_pending.Count < size)
        {
            return null;
        }

        var message = _pending[..size].ToArray();
        _pending.RemoveRange(0, size);
        return message;
    }
}
