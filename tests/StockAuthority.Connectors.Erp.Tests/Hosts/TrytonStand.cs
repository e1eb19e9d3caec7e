using System.Globalization;
using System.Text.Json.Nodes;
using StockAuthority.Connectors.Erp.Tryton;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.DevHost.Tryton;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Erp.Tests.Hosts;

/// <summary>One Tryton for all tests of the assembly.</summary>
public sealed class TrytonStand : IErpStand, IAsyncDisposable
{
    private const string Database = "tryton";
    private const string Password = "test-of-tryton";
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _once = new(1);
    private ChildProcess? _tryton;
    private int _port;

    string IErpStand.System => "tryton";

    ErpPlaces IErpStand.Places => new("STO", "OUT", "SUP", "CUS", "Lost and Found", "Transit");

    ErpRefusals IErpStand.Refusals => new("PRODUCT_UNKNOWN", "no location", "no account");

    string IErpStand.ProductOf(string sku) => sku;

    Uri IErpStand.Address => Services.Loopback(_port);

    /// <summary>Starts it where it is not yet; skips the test where Tryton is not installed.</summary>
    public async Task StartAsync(TestPostgres databases)
    {
        if (TrytonServer.Missing() is { } missing)
        {
            Assert.Skip(missing);
        }

        await _once.WaitAsync();
        try
        {
            if (_tryton is null)
            {
                _port = Ports.Free();
                var program = await TrytonServer.PrepareAsync(
                    TestWorkspace.Checkout,
                    await databases.ClusterAsync(),
                    Database,
                    Path.Combine(await TestWorkspace.FolderAsync(), "tryton"),
                    await TestWorkspace.NewLogFileAsync("tryton"),
                    _port,
                    Password,
                    AuthorityStand.Skus);
                _tryton = await TestWorkspace.StartAsync(program);
            }
        }
        finally
        {
            _once.Release();
        }
    }

    async Task<ChildProgram> IErpStand.ConnectorAsync(AuthorityStand authority, string tenant, Uri erp, Uri authorityAddress)
    {
        var program = Services.Erp(
            TestWorkspace.Checkout,
            await TestWorkspace.NewLogFileAsync("erp"),
            Ports.Free(),
            authorityAddress,
            await TestTokens.FileAsync(tenant),
            tenant,
            erp,
            Database,
            Password,
            [AuthorityStand.Location]);
        return program.WithQuick(new Dictionary<string, string>
        {
            ["Mapping__Locations__1__LocationId"] = AuthorityStand.OtherLocation,
            ["Mapping__Locations__1__Storage"] = "OUT",
        });
    }

    /// <summary>It cannot be made to: its network is.</summary>
    Task IErpStand.MisbehaveAsync(int round) => Task.CompletedTask;

    Task IErpStand.MendAsync() => Task.CompletedTask;

    /// <summary>Stock moves in state done whose note names an origin of the tenant.</summary>
    async Task<IReadOnlyList<BookedGoods>> IErpStand.GoodsAsync(string tenant)
    {
        var tryton = Rpc();
        var notes = await tryton.SearchAsync("ir.note", [new JsonArray("message", "like", $"stockauthority:{tenant}:%")], ["message", "resource"], CancellationToken.None);
        var moves = (await tryton.SearchAsync(
            "stock.move",
            [new JsonArray("id", "in", TrytonRpc.Ids(notes.Select(note => long.Parse(note!["resource"]!.ToString().Split(',')[1], CultureInfo.InvariantCulture)))), new JsonArray("state", "=", "done")],
            ["quantity", "from_location.code", "from_location.name", "to_location.code", "to_location.name"],
            CancellationToken.None)).ToDictionary(move => $"stock.move,{move!["id"]}", move => move!);
        return
        [
            .. notes.Where(note => moves.ContainsKey(note!["resource"]!.ToString()))
                .Select(note => (Origin: note!["message"]!.ToString().Split(':')[2], Document: note["resource"]!.ToString(), Move: moves[note["resource"]!.ToString()]))
                .Select(each => new BookedGoods(each.Origin, each.Document, each.Move["quantity"]!.GetValue<double>(), Place(each.Move["from_location."]!), Place(each.Move["to_location."]!))),
        ];
    }

    /// <summary>Posted account moves of the tenant, with what they debit and credit.</summary>
    async Task<IReadOnlyList<BookedAmount>> IErpStand.AmountsAsync(string tenant)
    {
        var tryton = Rpc();
        var moves = await tryton.SearchAsync(
            "account.move", [new JsonArray("description", "like", $"stockauthority:{tenant}:%"), new JsonArray("state", "=", "posted")], ["description"], CancellationToken.None);
        var lines = await tryton.SearchAsync(
            "account.move.line", [new JsonArray("move", "in", TrytonRpc.Ids(moves.Select(move => move!["id"]!.GetValue<long>())))], ["move", "debit", "credit"], CancellationToken.None);
        return
        [
            .. moves.Select(move => new BookedAmount(
                move!["description"]!.ToString().Split(':')[2],
                $"account.move,{move["id"]}",
                lines.Where(line => line!["move"]!.ToString() == move["id"]!.ToString()).Sum(line => Amount(line!["debit"]!)),
                lines.Where(line => line!["move"]!.ToString() == move["id"]!.ToString()).Sum(line => Amount(line!["credit"]!)))),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        if (_tryton is not null)
        {
            await TestWorkspace.StopAsync(_tryton, StopGrace);
        }

        _once.Dispose();
    }

    /// <summary>A client that is not the connector's.</summary>
    private TrytonRpc Rpc() =>
        new(new HttpClient(), new TrytonOptions { Address = Services.Loopback(_port), Database = Database, User = TrytonServer.User, Password = Password, Journal = "SA" });

    private static string Place(JsonNode location) => location["code"]?.ToString() is { Length: > 0 } code ? code : location["name"]!.ToString();

    private static decimal Amount(JsonNode value) => decimal.Parse(value["decimal"]!.ToString(), CultureInfo.InvariantCulture);
}
