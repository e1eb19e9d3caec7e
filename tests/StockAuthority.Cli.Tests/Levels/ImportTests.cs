using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Shouldly;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Cli.Tests.Shop;

namespace StockAuthority.Cli.Tests.Levels;

/// <summary>The built program, on a real server.</summary>
public sealed class ImportTests(Shop shop) : IClassFixture<Shop>
{
    private const string Header = "sku,location,quantity";

    private const int Rows = 6_000;

    /// <summary>Bytes of more rows than may be unanswered (2,000), and of fewer than all: some are in, and some are not.</summary>
    private const int MoreThanIsSentAhead = 400_000;

    [Fact]
    public async Task Twenty_thousand_rows_are_in_once_and_each_bad_one_is_named_by_its_line()
    {
        const int Good = 20_000;
        var tenant = await shop.OpenAsync();
        List<string> lines = [Header, .. Enumerable.Range(0, Good).Select(number => $"sku-{number},{Location},{1 + (number % 9)}")];
        var expected = new Dictionary<int, string>();
        Insert(2, "bad-number,berlin,12x", "QUANTITY_INVALID");
        Insert(77, "bad-fraction,berlin,1.5", "QUANTITY_INVALID");
        Insert(500, "bad-column,berlin", "MISSING_FIELD");
        Insert(501, ",berlin,5", "MISSING_FIELD");
        Insert(502, $"{new string('x', 129)},berlin,5", "TEXT_TOO_LONG");
        Insert(3_000, "bad-place,nowhere,5", "UNKNOWN_LOCATION");
        Insert(3_001, "bad-sign,berlin,-5", "SIGN_MISMATCH");
        Insert(9_000, "sku-7,berlin,8", "DUPLICATE_ROW");
        Insert(9_001, "\"bad-quote,berlin,8", "MALFORMED_ROW");
        Insert(9_002, $"{Mug},berlin,8", "LEVEL_ALREADY_OPENED");
        Insert(9_003, "bad-bytes-\u00ff,berlin,8", "TEXT_INVALID");
        Insert(9_004, "no-units,berlin,0", null);
        Insert(9_005, "  spaced , \"berlin\" , 4 ", null);
        Insert(9_006, "", null);

        // A byte of its own is no UTF-8.
        var file = await FileAsync(Encoding.Latin1.GetBytes(string.Join("\r\n", lines)));
        var units = Enumerable.Range(0, Good).Sum(number => 1 + (number % 9)) + 200 + 4;

        var (exitCode, result) = await ImportAsync(tenant, file);

        exitCode.ShouldBe(1, result.ToString());
        result.GetProperty("status").GetString().ShouldBe("bad");
        Count(result, "rows").ShouldBe(Good + expected.Count + 2);
        Count(result, "opened").ShouldBe(Good + 1);
        Count(result, "opened_before").ShouldBe(0);
        Count(result, "without_units").ShouldBe(1);
        Count(result, "refused").ShouldBe(expected.Count);
        Count(result, "unanswered").ShouldBe(0);
        Count(result.GetProperty("reasons"), "MISSING_FIELD").ShouldBe(2);
        (await RefusedAsync(file)).ShouldBe(expected.Select(each => (each.Key, each.Value)), ignoreOrder: true);
        (await UnitsAsync(tenant)).ShouldBe(units);

        (exitCode, result) = await ImportAsync(tenant, file);

        exitCode.ShouldBe(1);
        (Count(result, "opened"), Count(result, "opened_before"), Count(result, "refused")).ShouldBe((0, Good + 1, expected.Count));
        (await RefusedAsync(file)).ShouldBe(expected.Select(each => (each.Key, each.Value)), ignoreOrder: true);
        (await UnitsAsync(tenant)).ShouldBe(units);

        // What was not stored under its key is judged anew once its cause is gone.
        await shop.PutLocationAsync(tenant, "nowhere");
        (_, result) = await ImportAsync(tenant, file);
        (Count(result, "opened"), Count(result, "refused")).ShouldBe((1, expected.Count - 1));
        (await UnitsAsync(tenant)).ShouldBe(units + 5);
        (await Stockctl.VerifyAsync(shop, tenant)).ExitCode.ShouldBe(0);

        void Insert(int line, string row, string? reason)
        {
            lines.Insert(line - 1, row);
            if (reason is not null)
            {
                expected.Add(line, reason);
            }
        }
    }

    [Fact]
    public async Task The_report_can_be_corrected_and_imported()
    {
        var tenant = await shop.OpenAsync();
        var file = await FileAsync($"location;quantity;name;sku\nberlin;5;A mug;new-1\nberlin;five;\"A \"\"big\"\" mug\";new-2\n");
        (await ImportAsync(tenant, file)).ExitCode.ShouldBe(1);
        var report = Report(file);
        await File.WriteAllTextAsync(report, (await File.ReadAllTextAsync(report)).Replace("five", "6", StringComparison.Ordinal));

        var (exitCode, result) = await ImportAsync(tenant, report);

        (exitCode, Count(result, "opened")).ShouldBe((0, 1), result.ToString());
        (await UnitsAsync(tenant)).ShouldBe(200 + 5 + 6);
    }

    [Fact]
    public async Task An_import_whose_connection_is_cut_in_the_middle_comes_to_its_end_by_itself()
    {
        var tenant = await shop.OpenAsync();
        await using var proxy = new CuttingProxy(shop.Server.Grpc, MoreThanIsSentAhead, 100_000);

        var (exitCode, result) = await ImportAsync(tenant, await FileAsync(Opening(Rows)), server: proxy.Address);

        exitCode.ShouldBe(0, result.ToString());
        proxy.Cuts.ShouldBe(2);
        (Count(result, "opened") + Count(result, "opened_before")).ShouldBe(Rows);
        (await UnitsAsync(tenant)).ShouldBe(200 + Rows);
    }

    [Fact]
    public async Task An_import_that_was_killed_goes_on_where_it_is_run_again()
    {
        var tenant = await shop.OpenAsync();
        var file = await FileAsync(Opening(Rows));
        await using (var proxy = new CuttingProxy(shop.Server.Grpc, [MoreThanIsSentAhead, .. Enumerable.Repeat(1, 10_000)]))
        {
            using var killed = await StartAsync(tenant, file, proxy.Address);
            await Eventually.Holds(() => proxy.Cuts > 1, TimeSpan.FromMinutes(1));
            killed.Kill();
            await killed.WaitForExitAsync();
        }

        var (exitCode, result) = await ImportAsync(tenant, file);

        exitCode.ShouldBe(0, result.ToString());
        Count(result, "opened_before").ShouldBeInRange(1, Rows - 1);
        (Count(result, "opened") + Count(result, "opened_before")).ShouldBe(Rows);
        (await UnitsAsync(tenant)).ShouldBe(200 + Rows);
        (await shop.ReadAsync<long>(tenant, "SELECT count(*) FROM movements WHERE tenant_id = $1")).ShouldBe(2 + Rows);
    }

    [Fact]
    public async Task What_cannot_be_imported_is_said_and_is_no_success()
    {
        var tenant = await shop.OpenAsync();
        var file = await FileAsync("sku,place,units\nmug,berlin,1\n");
        var (exitCode, result) = await ImportAsync(tenant, file);
        exitCode.ShouldBe(2);
        result.GetProperty("status").GetString().ShouldBe("could_not_run");
        result.GetProperty("error").GetString()!.ShouldStartWith($"{Path.GetFileName(file)} has no column location and no column quantity");

        (exitCode, result) = await ImportAsync(tenant, file + ".none");
        (exitCode, result.GetProperty("error").GetString()).ShouldBe((2, $"There is no file {file}.none."));

        file = await FileAsync($"{Header}\nnew,berlin,1\n{new string('x', 1_000_000)}\nmore,berlin,1\n");
        (exitCode, result) = await ImportAsync(tenant, file);
        exitCode.ShouldBe(2);
        result.GetProperty("error").GetString()!.ShouldContain("cannot be read from line 3 on");

        (exitCode, result) = await ImportAsync("another", await FileAsync(Opening(3)), tokenTenant: tenant);
        (exitCode, Count(result, "refused"), Count(result.GetProperty("reasons"), "TENANT_NOT_ALLOWED")).ShouldBe((1, 3, 3));

        var (code, output, error) = await Stockctl.RunAsync("levels", "import", await FileAsync(Opening(3)), "--server", shop.Server.Grpc.ToString(), "--tenant", tenant, "--json");
        (code, Count(JsonDocument.Parse(output).RootElement, "unanswered")).ShouldBe((2, 3), output);
        error.ShouldContain("Run it again");
        (await Stockctl.RunAsync("levels", "import", file, "--tenant", tenant)).Error.ShouldContain("--server (or STOCKCTL_SERVER)");
        (await Stockctl.RunAsync("levels", "import", file, "--server", shop.Server.Grpc.ToString())).Error.ShouldContain("--tenant is missing");
        (await UnitsAsync(tenant)).ShouldBe(201);
    }

    private static string Opening(int rows)
    {
        var text = new StringBuilder(Header + "\n");
        for (var number = 0; number < rows; number++)
        {
            text.Append(CultureInfo.InvariantCulture, $"sku-{number},{Location},1\n");
        }

        return text.ToString();
    }

    private static Task<string> FileAsync(string text) => FileAsync(Encoding.UTF8.GetBytes(text));

    private static async Task<string> FileAsync(byte[] content)
    {
        var path = Path.Combine(await TestWorkspace.FolderAsync(), New("opening") + ".csv");
        await File.WriteAllBytesAsync(path, content);
        return path;
    }

    private static string Report(string file) => Path.ChangeExtension(file, ".refused.csv");

    /// <summary>Line and reason of each row of the report.</summary>
    private static async Task<(int Line, string Reason)[]> RefusedAsync(string file)
    {
        var lines = await File.ReadAllLinesAsync(Report(file));
        lines[0].ShouldBe("line,reason,message,sku,location,quantity");
        return [.. lines.Skip(1).Select(line => line.Split(',')).Select(fields => (int.Parse(fields[0], CultureInfo.InvariantCulture), fields[1]))];
    }

    private async Task<(int ExitCode, JsonElement Result)> ImportAsync(string tenant, string file, string? tokenTenant = null, Uri? server = null)
    {
        var (exitCode, output, _) = await Stockctl.FinishAsync(await StartAsync(tenant, file, server ?? shop.Server.Grpc, tokenTenant));
        using var json = JsonDocument.Parse(output);
        return (exitCode, json.RootElement.Clone());
    }

    private static async Task<Process> StartAsync(string tenant, string file, Uri server, string? tokenTenant = null) => Stockctl.Start(
        "levels", "import", file, "--server", server.ToString(), "--tenant", tenant, "--token-file", await TestTokens.FileAsync(tokenTenant ?? tenant), "--json");

    private Task<long> UnitsAsync(string tenant) =>
        shop.ReadAsync<long>(tenant, "SELECT coalesce(sum(available), 0)::bigint FROM stock_levels WHERE tenant_id = $1");

    private static long Count(JsonElement result, string name) => result.GetProperty(name).GetInt64();
}
