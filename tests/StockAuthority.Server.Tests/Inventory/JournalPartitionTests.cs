using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>The journal's partitions: those that there were, those that come, and the one that is missing.</summary>
public sealed class JournalPartitionTests(TestPostgres databases)
{
    private const string SpansSql = "SELECT partition_name, from_at, until_at FROM movement_partitions ORDER BY until_at";

    [Fact]
    public async Task Replicas_add_the_coming_months_once_and_without_gaps()
    {
        await using var database = await databases.CreateDatabaseAsync();
        DatabaseMigration.Run(database.ConnectionString, NullLogger.Instance);
        var before = await SpansAsync(database);
        var replicas = Enumerable.Range(0, 4).Select(_ => Partitions(database, TimeSpan.FromDays(200))).ToArray();

        var added = await Task.WhenAll(replicas.Select(replica => replica.AddAsync(CancellationToken.None)));

        var after = await SpansAsync(database);
        added.Sum().ShouldBe(after.Count - before.Count);
        added.Count(count => count > 0).ShouldBe(1);
        after.Zip(after.Skip(1)).ShouldAllBe(pair => pair.First.UntilAt == pair.Second.FromAt && pair.Second.UntilAt == pair.Second.FromAt.AddMonths(1));
        after[^1].UntilAt.ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(200).AddMonths(3));
        (await replicas[0].AddAsync(CancellationToken.None)).ShouldBe(0);
    }

    [Fact]
    public async Task Without_a_partition_nothing_is_written_and_with_it_the_same_key_is()
    {
        var offset = TimeSpan.FromDays(400);
        await using var database = await databases.CreateDatabaseAsync();
        DatabaseMigration.Run(database.ConnectionString, NullLogger.Instance);
        await ExecuteAsync(database, "INSERT INTO tenants (tenant_id, display_name) VALUES ('acme', 'a'); INSERT INTO locations VALUES ('berlin', 'acme', 'b')");

        var refused = (await AdjustAsync(database, offset)).Refusal.ShouldNotBeNull();

        ((Google.Rpc.Code)refused.Code).ShouldBe(Google.Rpc.Code.Unavailable);
        refused.Details[0].Unpack<Google.Rpc.ErrorInfo>().Reason.ShouldBe("JOURNAL_PARTITION_MISSING");
        (await CountAsync(database, "SELECT (SELECT count(*) FROM movements) + (SELECT count(*) FROM outcomes) + (SELECT count(*) FROM stock_levels)")).ShouldBe(0);

        (await Partitions(database, offset).AddAsync(CancellationToken.None)).ShouldBeGreaterThan(0);
        (await AdjustAsync(database, offset)).Refusal.ShouldBeNull();
        (await CountAsync(database, "SELECT count(*) FROM movements")).ShouldBe(2);
    }

    [Fact]
    public async Task What_was_written_before_there_were_partitions_is_kept_and_goes_on()
    {
        await using var database = await databases.CreateDatabaseAsync();
        var migrations = typeof(DatabaseMigration).Assembly.GetManifestResourceNames()
            .Where(name => name.Contains(".Migrations.", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        var partitions = migrations.FindIndex(name => name.Contains("0006", StringComparison.Ordinal));
        foreach (var migration in migrations.Take(partitions))
        {
            await ExecuteAsync(database, await ScriptAsync(migration));
        }

        // The last one by a clock that was half a year ahead.
        await ExecuteAsync(
            database,
            """
            INSERT INTO tenants (tenant_id, display_name, last_sequence, last_recorded_at) VALUES ('acme', 'a', 3, now() + interval '6 months');
            INSERT INTO movements
            SELECT n, 'acme', 'sku', 'berlin', 20, 1, n, n, n, 5, NULL, NULL, 'document', 2, 'key-' || n,
                   now() + CASE n WHEN 1 THEN interval '-2 years' WHEN 2 THEN interval '0' ELSE interval '6 months' END, sha256('')
            FROM generate_series(1, 3) AS n;
            CREATE TABLE kept AS SELECT * FROM movements;
            """);
        await ExecuteAsync(database, await ScriptAsync(migrations[partitions]));

        (await CountAsync(database, "SELECT count(*) FROM (SELECT * FROM kept INTERSECT SELECT * FROM movements) AS same")).ShouldBe(3);
        var first = (await SpansAsync(database))[0];
        (first.Name, first.FromAt).ShouldBe(("movements_first", DateTime.MinValue));
        first.UntilAt.ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().UtcDateTime.AddMonths(5));
    }

    [Fact]
    public async Task A_sequence_is_used_once_in_a_month_whatever_its_time()
    {
        await using var database = await databases.CreateDatabaseAsync();
        DatabaseMigration.Run(database.ConnectionString, NullLogger.Instance);
        const string Insert = "INSERT INTO movements SELECT 1, 'acme', 'sku', 'berlin', 20, 1, 1, 1, 1, 5, NULL, NULL, 'd', 2, 'key', until_at - interval '{0}', sha256('') FROM movement_partitions WHERE partition_name <> 'movements_first' ORDER BY until_at LIMIT 1";
        await ExecuteAsync(database, Insert.Replace("{0}", "1 day", StringComparison.Ordinal));

        (await Should.ThrowAsync<PostgresException>(() => ExecuteAsync(database, Insert.Replace("{0}", "2 days", StringComparison.Ordinal))))
            .SqlState.ShouldBe(PostgresErrorCodes.UniqueViolation);
    }

    private static JournalPartitions Partitions(TestDatabase database, TimeSpan offset) =>
        new(database.DataSource, new WrongClock(offset), NullLogger<JournalPartitions>.Instance);

    private static async Task<StockAnswer> AdjustAsync(TestDatabase database, TimeSpan offset)
    {
        await using var lane = Lanes.Over(database.DataSource, new WrongClock(offset));
        StockCommand command = new StockCommand.Adjust(
            "opening", AdjustmentReason.OpeningBalance, [new StockLine(new StockKey("mug", "berlin"), 5), new StockLine(new StockKey("tea", "berlin"), 5)]);
        var pending = new AwaitedCommand("acme", "key", command, null, [], CancellationToken.None);
        lane.TryEnqueue(pending).ShouldBeTrue();
        lane.Complete();
        await lane.RunAsync(CancellationToken.None);
        return await pending.Answer;
    }

    private static async Task<List<(string Name, DateTime FromAt, DateTime UntilAt)>> SpansAsync(TestDatabase database)
    {
        await using var command = database.DataSource.CreateCommand(SpansSql);
        await using var reader = await command.ExecuteReaderAsync();
        List<(string Name, DateTime FromAt, DateTime UntilAt)> spans = [];
        while (await reader.ReadAsync())
        {
            spans.Add((reader.GetString(0), reader.GetDateTime(1), reader.GetDateTime(2)));
        }

        return spans;
    }

    private static async Task<string> ScriptAsync(string migration)
    {
        using var reader = new StreamReader(typeof(DatabaseMigration).Assembly.GetManifestResourceStream(migration)!);
        return await reader.ReadToEndAsync();
    }

    private static async Task ExecuteAsync(TestDatabase database, string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> CountAsync(TestDatabase database, string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private sealed class WrongClock(TimeSpan offset) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + offset;
    }
}
