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

    /// <summary>What the tail need not write again.</summary>
    public WrittenRanges Written { get; } = new();

    /// <summary>For the lane's hot path: quick, never waits, never throws.</summary>
    /// <param name="committed">Movements that touched these levels and no others.</param>
    public void Offer(string tenantId, IReadOnlyList<StockLevel> levels, JournalStretch committed)
    {
        if (Offer(tenantId, levels))
        {
            Written.Offered(tenantId, committed);
        }
    }

    /// <summary>False where not all of them fitted.</summary>
    public bool Offer(string tenantId, IReadOnlyList<StockLevel> levels)
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

        return dropped == 0;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _offered.WaitAsync(stoppingToken);
                var ranges = Written.Take();
                if (await WriteAsync(_offered.Drain().Select(each => (each.Key, each.Value.Value)), stoppingToken))
                {
                    Written.Written(ranges);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>False where some were not written; they are offered again then.</summary>
    private async Task<bool> WriteAsync(IEnumerable<(TenantKey Key, StockLevel Level)> levels, CancellationToken cancellationToken)
    {
        var isComplete = true;
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
                isComplete = false;

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

        return isComplete;
    }

    [LoggerMessage(LogLevel.Warning, "Levels cannot be written to the cache; they are kept and tried again.")]
    private partial void LogFailing(Exception error);

    [LoggerMessage(LogLevel.Information, "Levels are written to the cache again.")]
    private partial void LogBack();
}
