using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// Makes sure that the journal has partitions for the time that comes. Each replica runs it: what exists already is left
/// alone. Months ahead, so that there are weeks to notice that it fails; not years, since each partition costs every reader.
/// </summary>
internal sealed partial class JournalPartitions(
    [FromKeyedServices(DataSources.Reads)] NpgsqlDataSource database, TimeProvider time, ILogger<JournalPartitions> logger) : PeriodicService(Interval, time)
{
    private const string AddSql = "SELECT add_movement_partitions($1 + interval '3 months')";

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Adds what is missing, at start.</summary>
    public static void Add(NpgsqlConnection connection, DateTimeOffset now)
    {
        using var command = new NpgsqlCommand(AddSql, connection) { Parameters = { Sql.Time(now) } };
        command.ExecuteNonQuery();
    }

    /// <summary>Adds what is missing.</summary>
    /// <returns>How many partitions were added.</returns>
    public async Task<int> AddAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(AddSql);
        command.Parameters.Add(Sql.Time(Time.GetUtcNow()));
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        if (await AddAsync(cancellationToken) is > 0 and var added)
        {
            LogAdded(added);
        }
    }

    protected override void Failed(Exception error) => LogFailed(error);

    [LoggerMessage(LogLevel.Information, "The journal has {Count} more partitions.")]
    private partial void LogAdded(int count);

    [LoggerMessage(LogLevel.Error, "The journal's next partitions could not be added; the next interval tries again. Without them, writing stops when the last one is over.")]
    private partial void LogFailed(Exception error);
}
