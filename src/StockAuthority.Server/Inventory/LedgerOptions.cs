using System.ComponentModel.DataAnnotations;

namespace StockAuthority.Server.Inventory;

/// <summary>Bounds of the ledger; section <c>Ledger</c> of the configuration.</summary>
internal sealed class LedgerOptions
{
    /// <summary>Connections that write. A tenant always uses the same one; more help only with many tenants.</summary>
    [Range(1, 64)]
    public int Lanes { get; set; } = 4;

    [Range(1, 500)]
    public int MaximumBatchSize { get; set; } = 500;

    /// <summary>Commands that may wait in one lane; the next one is refused with RESOURCE_EXHAUSTED.</summary>
    [Range(1, 100_000)]
    public int QueueLength { get; set; } = 5_000;

    /// <summary>Levels that each lane remembers between batches; about 300 bytes each.</summary>
    [Range(0, 10_000_000)]
    public int RememberedLevels { get; set; } = 50_000;

    /// <summary>How long an answer is given again under its key; longer than any provider retries.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan OutcomeRetention { get; set; } = TimeSpan.FromDays(35);

    /// <summary>The pause between two steps of removing old answers.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan OutcomeRetentionInterval { get; set; } = TimeSpan.FromSeconds(2);

    public TimeSpan FirstRetryPause { get; set; } = TimeSpan.FromMilliseconds(10);

    public TimeSpan LongestRetryPause { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a batch is tried while the database does not answer, before its callers are told UNAVAILABLE.</summary>
    public TimeSpan RetryBudget { get; set; } = TimeSpan.FromSeconds(5);
}
