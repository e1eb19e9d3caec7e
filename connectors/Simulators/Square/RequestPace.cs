using System.Threading.RateLimiting;

namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>A rate limit that is really one: so many requests in each second, the rest told when to come back.</summary>
internal sealed class RequestPace(SimulatorOptions options) : IDisposable
{
    private readonly FixedWindowRateLimiter? _limiter = options.RequestsPerSecond == 0
        ? null
        : new FixedWindowRateLimiter(new FixedWindowRateLimiterOptions { PermitLimit = options.RequestsPerSecond, Window = TimeSpan.FromSeconds(1), QueueLimit = 0 });

    /// <summary>Null where the request may pass, otherwise the whole seconds to wait.</summary>
    public int? SecondsToWait()
    {
        using var lease = _limiter?.AttemptAcquire();
        return lease is null or { IsAcquired: true } ? null : 1;
    }

    public void Dispose() => _limiter?.Dispose();
}
