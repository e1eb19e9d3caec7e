using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using StockAuthority.Connectors.Simulators.Control;
using StockAuthority.Connectors.Simulators.Square;

namespace StockAuthority.Connectors.Simulators.Webhooks;

/// <summary>
/// What a subscriber of outgoing webhooks does, in as few lines as it takes: verify, ignore what is older than what is known, remember.
/// See docs/webhooks.md.
/// </summary>
internal sealed class WebhookSubscriber(SimulatorOptions options, RequestLog log, TimeProvider clock)
{
    private const int MostKept = 1000;
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, string Sku, string Location), LevelData> _levels = [];
    private readonly Dictionary<(string Tenant, string Sku, string Location), long> _arrived = [];
    private readonly Queue<TakenWebhook> _taken = [];
    private long _refused;
    private long _olderAfterNewer;

    /// <summary>Whether the body is the sender's, and of now.</summary>
    public bool Verify(string messageId, string timestamp, string signatures, ReadOnlySpan<byte> body)
    {
        if (options.WebhookSecretFile is not { } file
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || (clock.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() > Tolerance)
        {
            return Refuse();
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{messageId}.{timestamp}."), .. body];
        foreach (var secret in File.ReadAllLines(file).Where(line => line.StartsWith("whsec_", StringComparison.Ordinal)))
        {
            var expected = Encoding.ASCII.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..].Trim()), signed)));
            if (signatures.Split(' ').Any(signature => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(signature), expected)))
            {
                return true;
            }
        }

        return Refuse();
    }

    /// <summary>It is here; whether it is taken is another question.</summary>
    public void Arrived(ReadOnlySpan<byte> body)
    {
        if (Level(body) is not { } level)
        {
            return;
        }

        lock (_lock)
        {
            var key = (level.TenantId, level.Sku, level.LocationId);
            var newest = _arrived.GetValueOrDefault(key);
            _olderAfterNewer += level.Version < newest ? 1 : 0;
            _arrived[key] = Math.Max(level.Version, newest);
        }
    }

    public void Take(string messageId, ReadOnlySpan<byte> body)
    {
        if (Level(body) is not { } level)
        {
            return;
        }

        lock (_lock)
        {
            var key = (level.TenantId, level.Sku, level.LocationId);
            var isNewer = !_levels.TryGetValue(key, out var known) || known.Version < level.Version;
            if (isNewer)
            {
                _levels[key] = level;
                log.Applied(new CountChange(level.Sku, SubscriberApi.Place, level.Available, clock.GetUtcNow(), null));
            }

            _taken.Enqueue(new TakenWebhook(messageId, clock.GetUtcNow(), isNewer, level));
            if (_taken.Count > MostKept)
            {
                _taken.Dequeue();
            }
        }
    }

    public SubscriberView Show()
    {
        lock (_lock)
        {
            return new SubscriberView(_refused, _olderAfterNewer, [.. _levels.Values.OrderBy(level => level.Sku, StringComparer.Ordinal).ThenBy(level => level.LocationId, StringComparer.Ordinal)], [.. _taken]);
        }
    }

    private static LevelData? Level(ReadOnlySpan<byte> body) =>
        JsonSerializer.Deserialize(body, SubscriberJson.Default.LevelEvent) is { Type: "stock.level.changed", Data: { } level } ? level : null;

    private bool Refuse()
    {
        Interlocked.Increment(ref _refused);
        return false;
    }
}
