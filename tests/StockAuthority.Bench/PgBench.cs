using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using StockAuthority.DevHost.Postgres;

namespace StockAuthority.Bench;

/// <summary>The same work as plain SQL: in one transaction, one row is updated and one inserted.</summary>
internal sealed partial class PgBench(PostgresCluster cluster, BenchSettings settings)
{
    private const int Rows = 10_000;
    private const int BestHotClients = 8;

    private const string Hot = "\\set id 1";

    private const string TwoStatements =
        """
        BEGIN;
        UPDATE plain_levels SET available = available - 1 WHERE id = :id;
        INSERT INTO plain_reservations (level_id, quantity) VALUES (:id, 1);
        END;
        """;

    private const string OneStatement =
        """
        WITH taken AS (UPDATE plain_levels SET available = available - 1 WHERE id = :id RETURNING id) INSERT INTO plain_reservations (level_id, quantity) SELECT id, 1 FROM taken;
        """;

    private static readonly string Uniform = string.Create(CultureInfo.InvariantCulture, $"\\set id random(1, {Rows})");

    private const string Schema =
        """
        CREATE TABLE plain_levels (id int PRIMARY KEY, available bigint NOT NULL) WITH (fillfactor = 50);
        CREATE TABLE plain_reservations (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, level_id int NOT NULL, quantity bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
        INSERT INTO plain_levels SELECT id, 1000000000 FROM generate_series(1, 10000) AS id;
        """;

    public static async Task<PgBench> CreateAsync(PostgresCluster cluster, BenchSettings settings)
    {
        await using var source = NpgsqlDataSource.Create(cluster.SuperuserConnectionString());
        await using var command = source.CreateCommand(Schema);
        await command.ExecuteNonQueryAsync();
        return new PgBench(cluster, settings);
    }

    /// <summary>Writes out what the figure before left dirty: the next one should not pay for it.</summary>
    public async Task SettleAsync()
    {
        await using var source = NpgsqlDataSource.Create(cluster.SuperuserConnectionString());
        await using var command = source.CreateCommand("CHECKPOINT");
        command.CommandTimeout = 120;
        await command.ExecuteNonQueryAsync();
    }

    public Task<LoopResult> HotAsync() => RunAsync(Hot, TwoStatements, settings.Callers);

    public Task<LoopResult> UniformAsync() => RunAsync(Uniform, TwoStatements, settings.Callers);

    /// <summary>As fast as plain SQL gets: one statement, and on a hot row few clients, as more only wait for each other.</summary>
    public Task<LoopResult> BestHotAsync() => RunAsync(Hot, OneStatement, BestHotClients);

    /// <inheritdoc cref="BestHotAsync"/>
    public Task<LoopResult> BestUniformAsync() => RunAsync(Uniform, OneStatement, settings.Callers);

    private async Task<LoopResult> RunAsync(string choice, string statements, int clients)
    {
        var script = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.sql");
        await File.WriteAllTextAsync(script, $"{choice}\n{statements}\n");
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(cluster.SuperuserConnectionString());
            string[] arguments =
            [
                "-n", "-M", "prepared", "-h", "127.0.0.1", "-p", cluster.Port.ToString(CultureInfo.InvariantCulture), "-U", PostgresCluster.Superuser,
                "-c", clients.ToString(CultureInfo.InvariantCulture), "-j", "2",
                "-T", settings.Duration.TotalSeconds.ToString("0", CultureInfo.InvariantCulture), "-f", script, "postgres",
            ];
            var start = new ProcessStartInfo(cluster.Binaries.Program("pgbench"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["PGPASSWORD"] = connection.Password;
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0
                ? new LoopResult(Number(Rate(), output), Number(Latency(), output), 0, (long)Number(Transactions(), output), 0)
                : throw new InvalidOperationException($"pgbench failed: {await errors}");
        }
        finally
        {
            File.Delete(script);
        }
    }

    private static double Number(Regex pattern, string output) => double.Parse(pattern.Match(output).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"tps = ([0-9.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"latency average = ([0-9.]+)")]
    private static partial Regex Latency();

    [GeneratedRegex(@"transactions actually processed: ([0-9]+)")]
    private static partial Regex Transactions();
}
