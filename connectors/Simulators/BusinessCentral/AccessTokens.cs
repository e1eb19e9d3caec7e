using System.Collections.Concurrent;

namespace StockAuthority.Connectors.Simulators.BusinessCentral;

/// <summary>The bearer tokens that are good.</summary>
internal sealed class AccessTokens
{
    private readonly ConcurrentDictionary<string, bool> _good = new(StringComparer.Ordinal);
    private int _granted;

    public int Granted => Volatile.Read(ref _granted);

    public string Grant()
    {
        Interlocked.Increment(ref _granted);
        var token = Guid.NewGuid().ToString("N");
        _good[token] = true;
        return token;
    }

    public bool IsGood(string token) => _good.ContainsKey(token);

    /// <summary>As when the application's secret leaked: everybody has to ask for another one.</summary>
    public void RevokeAll() => _good.Clear();
}
