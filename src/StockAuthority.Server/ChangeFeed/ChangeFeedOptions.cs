using System.ComponentModel.DataAnnotations;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>Bounds of the change feed; section <c>ChangeFeed</c> of the configuration.</summary>
internal sealed class ChangeFeedOptions
{
    /// <summary>How late a change can reach a watcher whose wake-up was lost.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Streams that may be open at once; the next one is refused.</summary>
    [Range(1, 1_000_000)]
    public int MaximumWatchers { get; set; } = 10_000;
}
