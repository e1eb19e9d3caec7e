using Npgsql;

namespace StockAuthority.Server.Infrastructure;

/// <summary>The pools of database connections.</summary>
internal static class DataSources
{
    /// <summary>Key of the pool for everything that is not a lane: lists, the feed, cache misses.</summary>
    public const string Reads = "reads";

    public static IServiceCollection AddDataSources(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(_ => Ledger(connectionString));
        services.AddKeyedSingleton(Reads, (_, _) => ForReads(connectionString));
        return services;
    }

    /// <summary>
    /// For lanes. Plans are made once for arrays of any length and must not depend on how large the tables were then: index
    /// scans and nested loops are right for these statements at every size, whatever the statistics say.
    /// </summary>
    private static NpgsqlDataSource Ledger(string connectionString) => new NpgsqlDataSourceBuilder(connectionString)
    {
        ConnectionStringBuilder =
        {
            ApplicationName = "stockauthority-ledger",
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            Timeout = 5,
            CommandTimeout = 15,
            Options = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan -c jit=off"
                + " -c lock_timeout=10s -c statement_timeout=12s -c idle_in_transaction_session_timeout=10s -c synchronous_commit=on",
        },
    }.Build();

    private static NpgsqlDataSource ForReads(string connectionString) => new NpgsqlDataSourceBuilder(connectionString)
    {
        ConnectionStringBuilder =
        {
            ApplicationName = "stockauthority-reads",
            MaxPoolSize = 50,
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 2,
            Timeout = 5,
            CommandTimeout = 15,
            Options = "-c enable_seqscan=off -c jit=off -c statement_timeout=12s -c idle_in_transaction_session_timeout=10s",
        },
    }.Build();
}
