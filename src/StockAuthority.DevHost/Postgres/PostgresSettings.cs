namespace StockAuthority.DevHost.Postgres;

/// <summary>How a private cluster is run.</summary>
public sealed record PostgresSettings
{
    /// <summary>Close to production: every commit is on disk before it is acknowledged.</summary>
    public static PostgresSettings Durable { get; } = new()
    {
        Parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["shared_buffers"] = "256MB",
            ["max_connections"] = "200",
            ["wal_level"] = "replica",
            ["max_wal_size"] = "4GB",
        },
    };

    /// <summary>For tests: survives killed processes, not a power cut; a commit costs no disk sync.</summary>
    public static PostgresSettings Fast { get; } = new()
    {
        SyncsToDisk = false,
        Parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["shared_buffers"] = "64MB",
            ["max_connections"] = "200",
            ["fsync"] = "off",
            ["full_page_writes"] = "off",
            ["autovacuum_naptime"] = "5s",
        },
    };

    /// <summary>Whether creating the cluster waits for the disk.</summary>
    public bool SyncsToDisk { get; init; } = true;

    /// <summary>Server parameters by name. Values hold no spaces.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>The same with one parameter changed.</summary>
    public PostgresSettings With(string parameter, string value) =>
        this with { Parameters = new Dictionary<string, string>(Parameters, StringComparer.Ordinal) { [parameter] = value } };
}
