using System.Diagnostics;
using Npgsql;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Cli.Tests.Shop;

namespace StockAuthority.Cli.Tests.Journals;

/// <summary>A dump by pg_dump is a ledger again where it is restored.</summary>
public sealed class RestoreTests(TestPostgres databases) : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    private readonly Shop _shop = new(databases);

    public ValueTask InitializeAsync() => _shop.InitializeAsync();

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restored_ledger_verifies_and_a_server_goes_on_from_it(bool isDetached)
    {
        var tenant = await _shop.TradeAsync();
        await OldJournal.SpreadAsync(_shop.Database, tenant);
        var request = Reserve(tenant, null, Line(Mug, 2));
        var answer = await _shop.Inventory.ReserveAsync(request);
        if (isDetached)
        {
            var (code, _, error) = await Stockctl.RunAsync("journal", "detach", "--postgres", _shop.Database.ConnectionString, "--before", OldJournal.Before(0));
            code.ShouldBe(0, error);
        }

        await using var restored = await databases.CreateDatabaseAsync();
        await CopyAsync(_shop.Database, restored);

        var (exitCode, result) = await Stockctl.VerifyAsync(restored.ConnectionString, "--with-detached");
        exitCode.ShouldBe(0, result.ToString());
        result.GetProperty("movements").GetInt64().ShouldBe(16);
        await using var server = await ServerProcess.StartAsync(restored.ConnectionString, "127.0.0.1:1");
        using var channel = await server.ChannelAsync();
        var inventory = new InventoryService.InventoryServiceClient(channel);
        (await inventory.ReserveAsync(request)).ShouldBe(answer);
        (await inventory.ReserveAsync(Reserve(tenant, null, Line(Mug, 1)))).Sequence.ShouldBe(17);
        (exitCode, result) = await Stockctl.VerifyAsync(restored.ConnectionString, "--with-detached");
        exitCode.ShouldBe(0, result.ToString());
        result.GetProperty("movements").GetInt64().ShouldBe(17);
    }

    private async Task CopyAsync(TestDatabase from, TestDatabase to)
    {
        var binaries = (await databases.ClusterAsync()).Binaries;
        var file = Path.Combine(await TestWorkspace.FolderAsync(), $"{from.Name}-{to.Name}.dump");
        await RunAsync(binaries.Program("pg_dump"), from, "--format=custom", "--no-owner", $"--file={file}");
        await RunAsync(binaries.Program("pg_restore"), to, "--no-owner", "--exit-on-error", $"--dbname={to.Name}", file);
    }

    private static async Task RunAsync(string program, TestDatabase database, params string[] arguments)
    {
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            Environment =
            {
                ["PGHOST"] = settings.Host,
                ["PGPORT"] = settings.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["PGUSER"] = settings.Username,
                ["PGPASSWORD"] = settings.Password,
                ["PGDATABASE"] = settings.Database,
            },
        })!;
        using var limit = new CancellationTokenSource(Bound);
        var error = await process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        process.ExitCode.ShouldBe(0, error);
    }
}
