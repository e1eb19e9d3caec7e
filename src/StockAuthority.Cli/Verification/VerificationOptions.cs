namespace StockAuthority.Cli.Verification;

/// <summary>What is verified, and the bounds of its memory. Pages also bound how long a snapshot lives.</summary>
internal sealed record VerificationOptions
{
    /// <summary>The one tenant to verify; null for all.</summary>
    public string? TenantId { get; init; }

    /// <summary>Whether detached partitions that are in the database are verified too.</summary>
    public bool WithDetached { get; init; }

    /// <summary>How long outcomes are kept: commands older than this may have none any more.</summary>
    public TimeSpan OutcomeRetention { get; init; } = TimeSpan.FromDays(35);

    /// <summary>Arrays of a page's keys just stay out of the large object heap, which is only cleared with everything else.</summary>
    public int MovementsPerPage { get; init; } = 10_000;

    public int RowsPerPage { get; init; } = 5_000;

    /// <summary>Tenants are compared with the tables once their levels are this many; about 300 bytes each.</summary>
    public int LevelsInMemory { get; init; } = 1_000_000;

    /// <summary>Hashes of keys that are sorted in memory before they go to a file; 24 bytes each.</summary>
    public int KeysInMemory { get; init; } = 1_000_000;
}
