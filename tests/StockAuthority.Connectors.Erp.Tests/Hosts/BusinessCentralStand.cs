using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Erp.Tests.Hosts;

/// <summary>A simulator of Business Central with one company, of one test: its faults are nobody else's.</summary>
internal sealed class BusinessCentralStand : IErpStand, IAsyncDisposable
{
    public const string Secret = "test-of-business-central";
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    private static readonly JsonObject[] Faults =
    [
        new() { ["apply_later_milliseconds"] = 1500, ["count"] = 2, ["where"] = "Microsoft.NAV.post" },
        new() { ["status"] = 503, ["after_apply"] = true, ["count"] = 2, ["where"] = "Microsoft.NAV.post" },
        new() { ["duplicate"] = true, ["where"] = "POST" },
        new() { ["reset"] = true, ["after_apply"] = true, ["count"] = 2, ["where"] = "$batch" },
        new() { ["apply_later_milliseconds"] = 1500, ["count"] = 2, ["where"] = "$batch" },
        new() { ["status"] = 429, ["retry_after_seconds"] = 1, ["count"] = 2, ["where"] = "POST" },
        new() { ["status"] = 400, ["error_code"] = "Internal_ServerError", ["after_apply"] = true, ["count"] = 2, ["where"] = "Microsoft.NAV.post" },
    ];

    private readonly HttpClient _http = new();
    private ChildProcess? _process;
    private int _port;

    public string System => "business-central";

    public ErpPlaces Places => new("BERLIN", "HAMBURG", "Purchase", "Sale", "Adjustment", "TRANSIT");

    public ErpRefusals Refusals => new("Internal_InvalidTableRelation", "no location", "no account");

    public string ProductOf(string sku) => sku.ToUpperInvariant();

    public Uri Address => Services.Loopback(_port);

    /// <summary>What people have set up there.</summary>
    public JsonObject Setup { get; } = new()
    {
        ["currency_code"] = "EUR",
        ["accounts"] = new JsonArray("1010", "1200", "1210", "1800", "2010", "4000", "4100", "6300"),
        ["items"] = new JsonArray([.. AuthorityStand.Skus.Select(sku => (JsonNode?)sku.ToUpperInvariant())]),
        ["locations"] = new JsonArray("BERLIN", "HAMBURG", "TRANSIT"),
    };

    public static async Task<BusinessCentralStand> StartAsync()
    {
        var stand = new BusinessCentralStand { _port = Ports.Free() };
        stand._process = await TestWorkspace.StartAsync(
            Services.Simulator(TestWorkspace.Checkout, await TestWorkspace.NewLogFileAsync("business-central"), stand._port, Secret));
        await stand.SetUpAsync();
        return stand;
    }

    public async Task SetUpAsync() => await PutAsync("business-central", Setup);

    public async Task<ChildProgram> ConnectorAsync(AuthorityStand authority, string tenant, Uri erp, Uri authorityAddress)
    {
        var program = Services.Erp(
            TestWorkspace.Checkout,
            await TestWorkspace.NewLogFileAsync("erp"),
            Ports.Free(),
            authorityAddress,
            await TestTokens.FileAsync(tenant),
            tenant,
            erp,
            "",
            "",
            [AuthorityStand.Location]);
        return program.WithQuick(new Dictionary<string, string>(Services.BusinessCentral(erp, Secret), StringComparer.Ordinal)
        {
            ["Mapping__Supplier"] = Places.Supplier,
            ["Mapping__Customer"] = Places.Customer,
            ["Mapping__Adjustment"] = Places.Adjustment,
            ["Mapping__Transit"] = Places.Transit,
            ["Mapping__Locations__0__Storage"] = Places.Storage,
            ["Mapping__Locations__1__LocationId"] = AuthorityStand.OtherLocation,
            ["Mapping__Locations__1__Storage"] = Places.OtherStorage,
            ["Mapping__Products__0__Sku"] = "mug",
            ["Mapping__Products__0__Product"] = "MUG",
            ["Mapping__Products__1__Sku"] = "tea",
            ["Mapping__Products__1__Product"] = "TEA",
            ["Mapping__Products__2__Sku"] = "pot",
            ["Mapping__Products__2__Product"] = "POT",
        });
    }

    public Task MisbehaveAsync(int round) => FaultAsync(Faults[round % Faults.Length].DeepClone().AsObject());

    public Task MendAsync() => FaultAsync([]);

    public Task FaultAsync(JsonObject fault) => PutAsync("faults", fault);

    public async Task RevokeTokensAsync() =>
        (await _http.PostAsync(new Uri(Address, "/simulator/business-central/revoke-tokens"), null)).EnsureSuccessStatusCode();

    /// <summary>What the company has, journals that nobody posted included.</summary>
    public async Task<JsonNode> BooksAsync() => (await _http.GetFromJsonAsync<JsonNode>(new Uri(Address, "/simulator/business-central")))!;

    public async Task<IReadOnlyList<BookedGoods>> GoodsAsync(string tenant)
    {
        List<BookedGoods> goods = [];
        foreach (var document in Of(tenant, (await BooksAsync())["item_ledger_entries"]!))
        {
            // What is posted twice is two of them.
            foreach (var entries in document.Chunk(document.First()["entryType"]!.ToString() == "Transfer" ? 2 : 1))
            {
                goods.Add(Goods(document.Key, entries));
            }
        }

        return goods;
    }

    public async Task<IReadOnlyList<BookedAmount>> AmountsAsync(string tenant) =>
    [
        .. Of(tenant, (await BooksAsync())["general_ledger_entries"]!).SelectMany(document => document.Chunk(2).Select(entries => new BookedAmount(
            document.Key,
            $"generalLedgerEntry,{entries[0]["entryNumber"]}",
            entries.Sum(entry => entry["debitAmount"]!.GetValue<decimal>()),
            entries.Sum(entry => entry["creditAmount"]!.GetValue<decimal>())))),
    ];

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is not null)
        {
            await TestWorkspace.StopAsync(_process, StopGrace);
        }
    }

    private static IEnumerable<IGrouping<string, JsonNode>> Of(string tenant, JsonNode entries) => entries.AsArray()
        .Select(entry => entry!)
        .Where(entry => entry["description"]!.ToString().StartsWith($"stockauthority:{tenant}:", StringComparison.Ordinal))
        .GroupBy(entry => entry["description"]!.ToString().Split(':')[2]);

    private BookedGoods Goods(string origin, JsonNode[] entries)
    {
        var (type, first) = (entries[0]["entryType"]!.ToString(), entries[0]["quantity"]!.GetValue<double>());
        var at = entries[0]["#location"]!.ToString();
        var outside = type switch
        {
            "Purchase" => Places.Supplier,
            "Sale" => Places.Customer,
            "Transfer" => entries[1]["#location"]!.ToString(),
            _ => Places.Adjustment,
        };
        var document = string.Create(CultureInfo.InvariantCulture, $"itemLedgerEntry,{entries[0]["entryNumber"]}");
        return first < 0 ? new BookedGoods(origin, document, -first, at, outside) : new BookedGoods(origin, document, first, outside, at);
    }

    private async Task PutAsync(string what, JsonObject body)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        (await _http.PutAsync(new Uri(Address, $"/simulator/{what}"), content)).EnsureSuccessStatusCode();
    }
}
