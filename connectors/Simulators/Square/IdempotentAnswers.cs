using System.Security.Cryptography;

namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>The successful answers by idempotency key; the oldest are forgotten.</summary>
internal sealed class IdempotentAnswers
{
    private const int MostKeys = 10_000;
    private readonly Dictionary<string, (byte[] BodyHash, CountsAnswer Answer)> _answers = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];

    /// <summary>Held while a request is decided, so that two copies of one request cannot both be the first.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The stored answer, if there is one; <paramref name="reused"/> when the key came with another body.</summary>
    public CountsAnswer? Find(string key, ReadOnlySpan<byte> body, out bool reused)
    {
        reused = false;
        if (!_answers.TryGetValue(key, out var stored))
        {
            return null;
        }

        reused = !SHA256.HashData(body).AsSpan().SequenceEqual(stored.BodyHash);
        return reused ? null : stored.Answer;
    }

    public void Keep(string key, ReadOnlySpan<byte> body, CountsAnswer answer)
    {
        _answers.Add(key, (SHA256.HashData(body), answer));
        _order.Enqueue(key);
        if (_order.Count > MostKeys)
        {
            _answers.Remove(_order.Dequeue());
        }
    }
}
