using System.Globalization;
using Npgsql;
using StockAuthority.Testing;

namespace StockAuthority.Cli.Tests.Journals;

/// <summary>Makes a journal that was written just now one of several months, as if time had passed between its commands.</summary>
internal static class OldJournal
{
    /// <summary>In order, the current one last.</summary>
    public static string[] Partitions { get; } = [.. Enumerable.Range(-3, 4).Select(month => string.Create(CultureInfo.InvariantCulture, $"movements_{Month(month):yyyy_MM}"))];

    /// <summary>The first of a month, counted from the current one.</summary>
    public static DateTime Month(int offset)
    {
        var today = TimeProvider.System.GetUtcNow().UtcDateTime;
        return new DateTime(today.Year, today.Month, 1, 0, 0, 0, DateTimeKind.Utc).AddMonths(offset);
    }

    /// <summary>As <c>--before</c> takes it.</summary>
    public static string Before(int offset) => Month(offset).ToString("yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>A tenant's trade: sequences 1 to 5 three months ago, 6 to 9 two, 10 and 11 one, the others now.</summary>
    public static async Task SpreadAsync(TestDatabase database, string tenant)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await using (var command = new NpgsqlCommand(PartitionSql, connection))
        {
            await command.ExecuteNonQueryAsync();
        }

        await Journal.ChainAgainAsync(database.SuperuserConnectionString, tenant);
    }

    private const string PartitionSql =
        """
        CREATE TEMP TABLE kept AS SELECT * FROM movements;
        TRUNCATE movements;
        DO $$
        DECLARE each record;
        BEGIN
            FOR each IN SELECT partition_name FROM movement_partitions LOOP
                EXECUTE format('ALTER TABLE movements DETACH PARTITION %I', each.partition_name);
                IF each.partition_name <> 'movements_first' THEN
                    EXECUTE format('DROP TABLE %I', each.partition_name);
                END IF;
            END LOOP;
            EXECUTE format(
                'ALTER TABLE movements ATTACH PARTITION movements_first FOR VALUES FROM (MINVALUE) TO (%L)',
                (date_trunc('month', now() AT TIME ZONE 'UTC') - interval '3 months') AT TIME ZONE 'UTC');
        END
        $$;
        SELECT add_movement_partitions(now() + interval '3 months');
        UPDATE kept SET recorded_at = (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '10 days') AT TIME ZONE 'UTC'
            - CASE WHEN sequence <= 5 THEN interval '3 months' WHEN sequence <= 9 THEN interval '2 months' ELSE interval '1 month' END
        WHERE sequence <= 11;
        INSERT INTO movements SELECT * FROM kept;
        DROP TABLE kept;
        """;
}
