using Npgsql;

namespace StockAuthority.Server.Infrastructure;

/// <summary>The pools of database connections.</summary>
internal static class DataSources
{
    /// <summary>Key of the pool for everything that is not a lane: lists, the feed, cache misses.</summary>
    public const string Reads = "reads";

    /// <summary>Key of the pool for ranges of the journal. A plan over years of partitions takes longer to make than to run, so it is made once.</summary>
    public const string Journal = "journal";

    /// <summary>What the lanes' sessions call themselves to the database.</summary>
    public const string LedgerApplication = "stockauthority-ledger";

    public static IServiceCollection AddDataSources(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(_ => Ledger(connectionString));
        services.AddKeyedSingleton(Reads, (_, _) => ForReads(connectionString, "stockauthority-reads"));
        services.AddKeyedSingleton(Journal, (_, _) => ForReads(connectionString, "stockauthority-journal", " -c plan_cache_mode=force_generic_plan"));
        return services;
    }

    /// <summary>
    /// For lanes. Plans are made once for arrays of any length and must not depend on how large the tables were then: index
    /// scans and nested loops are right for these statements at every size, whatever the statistics say. A batch holds its locks
    /// for milliseconds: who waits for one for a second does not wait for a batch, see <see cref="Inventory.StalledSessions"/>.
    /// </summary>
    private static NpgsqlDataSource Ledger(string connectionString) => new NpgsqlDataSourceBuilder(connectionString)
    {
        ConnectionStringBuilder =
        {
            ApplicationName = LedgerApplication,
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            Timeout = 5,
            CommandTimeout = 15,
            WriteBufferSize = 32 * 1024,
            Options = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan -c jit=off"
                + " -c lock_timeout=1s -c statement_timeout=12s -c idle_in_transaction_session_timeout=10s -c synchronous_commit=on",
        },
    }.Build();

    private static NpgsqlDataSource ForReads(string connectionString, string name, string options = "") => new NpgsqlDataSourceBuilder(connectionString)
    {
        ConnectionStringBuilder =
        {
            ApplicationName = name,
            MaxPoolSize = 50,
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 2,
            Timeout = 5,
            CommandTimeout = 15,
            Options = "-c enable_seqscan=off -c jit=off -c statement_timeout=12s -c idle_in_transaction_session_timeout=10s" + options,
        },
    }.Build();
}
