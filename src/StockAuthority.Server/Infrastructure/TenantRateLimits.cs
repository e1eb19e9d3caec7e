using System.ComponentModel.DataAnnotations;
using System.Threading.RateLimiting;
using Google.Rpc;
using Microsoft.Extensions.Options;

namespace StockAuthority.Server.Infrastructure;

/// <summary>How much one tenant may ask of one server; section <c>RateLimit</c>.</summary>
internal sealed class RateLimitOptions
{
    /// <summary>Calls, and commands of streams, that a tenant may make each second; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int RequestsPerSecond { get; set; }

    /// <summary>How many seconds' worth may come at once.</summary>
    [Range(1, 60)]
    public int BurstSeconds { get; set; } = 2;
}

/// <summary>Keeps one tenant's load from being every tenant's trouble.</summary>
internal sealed class TenantRateLimits : IDisposable
{
    private readonly PartitionedRateLimiter<string>? _limiter;

    /// <summary>Tenths of a second where they divide the limit evenly, so that it is met exactly.</summary>
    private readonly TimeSpan _period;

    public TenantRateLimits(IOptions<RateLimitOptions> options)
    {
        var settings = options.Value;
        var periods = settings.RequestsPerSecond % 10 == 0 ? 10 : 1;
        _period = TimeSpan.FromSeconds(1) / periods;
        if (settings.RequestsPerSecond > 0)
        {
            _limiter = PartitionedRateLimiter.Create<string, string>(tenantId => RateLimitPartition.GetTokenBucketLimiter(tenantId, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = settings.RequestsPerSecond * settings.BurstSeconds,
                TokensPerPeriod = settings.RequestsPerSecond / periods,
                ReplenishmentPeriod = _period,
                AutoReplenishment = true,
                QueueLimit = 0,
            }));
        }
    }

    /// <summary>The refusal where the tenant has asked for too much lately; null where it may go on.</summary>
    public Status? Exceeded(string tenantId)
    {
        if (_limiter is null)
        {
            return null;
        }

        using var lease = _limiter.AttemptAcquire(tenantId);
        return lease.IsAcquired
            ? null
            : Errors.Status(
                Code.ResourceExhausted,
                "RATE_LIMITED",
                "This tenant has sent more than it may. Nothing was done; send the same request again with the same key.",
                ("tenant_id", tenantId)).RetryAfter(_period);
    }

    public void Dispose() => _limiter?.Dispose();
}
