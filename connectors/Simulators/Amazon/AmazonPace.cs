using System.Threading.RateLimiting;

namespace StockAuthority.Connectors.Simulators.Amazon;

/// <summary>The usage plan of the Listings Items API: a bucket of five tokens, and five more each second.</summary>
internal sealed class AmazonPace : IDisposable
{
    public const int RequestsPerSecond = 5;
    private const int Burst = 5;

    private readonly TokenBucketRateLimiter _bucket = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = Burst,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1) / RequestsPerSecond,
        QueueLimit = 0,
    });

    public bool Take()
    {
        using var lease = _bucket.AttemptAcquire();
        return lease.IsAcquired;
    }

    public void Dispose() => _bucket.Dispose();
}
