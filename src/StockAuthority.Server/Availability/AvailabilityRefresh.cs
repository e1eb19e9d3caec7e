using Microsoft.Extensions.Options;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Availability;

/// <summary>
/// Writes levels to the cache right after their commit, and those that were read for lack of an entry. What does not fit,
/// or is lost with the process, is the tail's.
/// </summary>
internal sealed partial class AvailabilityRefresh(
    AvailabilityCache cache,
    IOptions<AvailabilityOptions> options,
    TimeProvider time,
    ILogger<AvailabilityRefresh> logger) : BackgroundService
{
    private const int MaximumWrite = 500;

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly LatestByKey<TenantKey, StockLevel> _offered = new(options.Value.RefreshCapacity);

    private bool _failing;

    /// <summary>For the lane's hot path: quick, never waits, never throws.</summary>
    public void Offer(string tenantId, IReadOnlyList<StockLevel> levels)
    {
        var dropped = 0;
        foreach (var level in levels)
        {
            if (!_offered.Offer(new TenantKey(tenantId, level.Key), level.Version, level))
            {
                dropped++;
            }
        }

        if (dropped > 0)
        {
            AvailabilityTelemetry.DroppedOffers.Add(dropped);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _offered.WaitAsync(stoppingToken);
                await WriteAsync(_offered.Drain().Select(each => (each.Key, each.Value.Value)), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task WriteAsync(IEnumerable<(TenantKey Key, StockLevel Level)> levels, CancellationToken cancellationToken)
    {
        foreach (var write in levels.Chunk(MaximumWrite))
        {
            try
            {
                await cache.WriteAsync(write, cancellationToken);
                if (_failing)
                {
                    _failing = false;
                    LogBack();
                }
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                // Kept, because a cache that comes back with its old entries would answer them until the tail passes.
                foreach (var (key, level) in write)
                {
                    Offer(key.TenantId, [level]);
                }

                if (!_failing)
                {
                    _failing = true;
                    LogFailing(error);
                }

                await Task.Delay(PauseAfterFailure, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Levels cannot be written to the cache; they are kept and tried again.")]
    private partial void LogFailing(Exception error);

    [LoggerMessage(LogLevel.Information, "Levels are written to the cache again.")]
    private partial void LogBack();
}
