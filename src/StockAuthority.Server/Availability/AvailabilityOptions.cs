using System.ComponentModel.DataAnnotations;

namespace StockAuthority.Server.Availability;

/// <summary>Bounds of the cache of levels; section <c>Availability</c> of the configuration.</summary>
internal sealed class AvailabilityOptions
{
    /// <summary>How long a read waits for the cache before it asks the database instead.</summary>
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long an answer of the cache is given to others who ask this process for the same key; 0 asks the cache each time.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan ReadSharing { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Nobody waits for a write: it may take longer than a read before it counts as failed.</summary>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long reads leave a failing cache alone before one of them tries it again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "1.00:00:00")]
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long an entry lives without a change. Also how long a cache that was restored from an old copy can answer old levels:
    /// an entry keeps its end in a copy, and an older copy has none that still live.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan EntryLifetime { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>The same for keys without stock: whoever asks for SKUs that do not exist must not fill the cache with them.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan AbsentEntryLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Levels that may wait to be written to the cache; more are dropped and left to the tail.</summary>
    [Range(1, 10_000_000)]
    public int RefreshCapacity { get; set; } = 100_000;

    /// <summary>Keys that may wait to be read from the database because the cache had none; more are refused.</summary>
    [Range(500, 10_000_000)]
    public int MissCapacity { get; set; } = 100_000;

    /// <summary>How often the journal is compared with what the cache is known to have seen.</summary>
    public TimeSpan TailInterval { get; set; } = TimeSpan.FromSeconds(1);
}
