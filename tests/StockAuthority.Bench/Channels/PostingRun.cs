using System.Globalization;
using Grpc.Net.Client;
using Npgsql;
using StockAuthority.Connectors.Simulators.BusinessCentral;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.DevHost.Tryton;
using StockAuthority.Testing;

namespace StockAuthority.Bench.Channels;

/// <summary>How fast a journal that is there already is booked in an ERP, recorded and acknowledged. With a database and a server of its own.</summary>
internal static class PostingRun
{
    private const string BusinessCentral = "channels_business_central_postings";
    private const string Tryton = "channels_tryton_postings";
    private const string Location = "warehouse-1";
    private const int BusinessCentralMovements = 5_000;
    private const int TrytonMovements = 1_000;
    private const int Skus = 100;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(BenchSettings settings, BenchReport report, TestPostgres postgres, Func<Task> settle, CancellationToken cancellationToken)
    {
        var withTryton = settings.Wants(Tryton) && TrytonServer.Missing() is null;
        if (!withTryton && !settings.Wants(BusinessCentral))
        {
            return;
        }

        await settings.Progress.WriteLineAsync("starting a server for ERPs");
        await using var ledger = await postgres.CreateDatabaseAsync(cancellationToken);
        await using var server = await ServerProcess.StartAsync(ledger.ConnectionString, "127.0.0.1:1", cancellationToken: cancellationToken);
        using var authority = await server.ChannelAsync();
        if (settings.Wants(BusinessCentral))
        {
            await MeasureBusinessCentralAsync();
        }

        if (withTryton)
        {
            await MeasureTrytonAsync();
        }

        async Task MeasureBusinessCentralAsync()
        {
            const string Tenant = "bench-business-central";
            await OpenAsync(authority, Tenant, BusinessCentralMovements);
            await using var simulators = await SimulatorStand.StartAsync(await TestWorkspace.FolderAsync(), new SquareWebhook(Services.Loopback(1), "unused"));
            var books = simulators.Service<CompanyBooks>();
            books.Setup = new CompanySetup
            {
                Accounts = ["1010", "1200", "1210", "1800", "2010", "4000", "4100", "6300"],
                Items = [.. Enumerable.Range(0, Skus).Select(number => Opening.Sku(number).ToUpperInvariant())],
                Locations = ["BERLIN", "TRANSIT"],
            };
            var erp = simulators.Address;
            await MeasureAsync(BusinessCentral, Tenant, BusinessCentralMovements, (await ErpAsync(Tenant, erp, "", "")).With(Products().Concat(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["Erp__System"] = "business-central",
                ["BusinessCentral__BaseUrl"] = new Uri(erp, "/v2.0/directory/sandbox/api").AbsoluteUri,
                ["BusinessCentral__TokenUrl"] = new Uri(erp, "/directory/oauth2/v2.0/token").AbsoluteUri,
                ["BusinessCentral__ClientId"] = "bench",
                ["BusinessCentral__ClientSecret"] = SimulatorStand.Token,
                ["BusinessCentral__Company"] = "CRONUS",
                ["Mapping__Supplier"] = "Purchase",
                ["Mapping__Customer"] = "Sale",
                ["Mapping__Adjustment"] = "Adjustment",
                ["Mapping__Transit"] = "TRANSIT",
                ["Mapping__Locations__0__Storage"] = "BERLIN",
            }).ToDictionary(each => each.Key, each => each.Value, StringComparer.Ordinal)));
            var entries = books.State.ItemLedger;
            Verify(BusinessCentral, BusinessCentralMovements, entries.Count, entries.Select(entry => entry["documentNumber"]!.ToString()).Distinct(StringComparer.Ordinal).Count());
        }

        async Task MeasureTrytonAsync()
        {
            const string Tenant = "bench-tryton";
            const string Database = "bench_tryton";
            const string Password = "bench-of-tryton";
            await settings.Progress.WriteLineAsync("setting up Tryton");
            await OpenAsync(authority, Tenant, TrytonMovements);
            var cluster = await postgres.ClusterAsync();
            var port = Ports.Free();
            var program = await TrytonServer.PrepareAsync(
                TestWorkspace.Checkout, cluster, Database, Path.Combine(await TestWorkspace.FolderAsync(), "tryton"), await TestWorkspace.NewLogFileAsync("tryton"), port, Password,
                Enumerable.Range(0, Skus).Select(number => Opening.Sku(number)), cancellationToken);
            var tryton = await TestWorkspace.StartAsync(program, cancellationToken);
            await MeasureAsync(Tryton, Tenant, TrytonMovements, await ErpAsync(Tenant, Services.Loopback(port), Database, Password));
            await TestWorkspace.StopAsync(tryton, Grace);
            await using var books = NpgsqlDataSource.Create(cluster.SuperuserConnectionString(Database));
            await using var command = books.CreateCommand(
                "SELECT count(*), count(DISTINCT n.message) FROM ir_note n JOIN stock_move m ON n.resource = 'stock.move,' || m.id WHERE m.state = 'done' AND n.message LIKE 'stockauthority:" + Tenant + ":%'");
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            Verify(Tryton, TrytonMovements, row.GetInt64(0), row.GetInt64(1));
        }

        async Task<ChildProgram> ErpAsync(string tenant, Uri erp, string database, string password) => Services.Erp(
            TestWorkspace.Checkout, await TestWorkspace.NewLogFileAsync(tenant), Ports.Free(), server.Grpc, await TestTokens.FileAsync(tenant), tenant, erp, database, password, [Location]);

        async Task MeasureAsync(string name, string tenant, long movements, ChildProgram program)
        {
            await settings.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"measuring {name}: {movements:#,0} movements"));
            await settle();
            await using var connector = await ConnectorProcess.StartAsync(program, cancellationToken);
            report.Figure(name + "_per_second", await ConnectorProcess.DrainedPerSecondAsync(authority, tenant, Services.ErpConsumer, movements, cancellationToken));
            report.Figure(name + "_mib", connector.Mebibytes);
        }

        void Verify(string name, long movements, long booked, long documents)
        {
            if (booked != movements || documents != movements)
            {
                report.Problems.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: {booked} entries in {documents} documents are booked for {movements} movements."));
            }
        }
    }

    /// <summary>A journal of so many movements of a few SKUs.</summary>
    private static async Task OpenAsync(GrpcChannel authority, string tenant, int movements)
    {
        for (var round = 0; round < movements / Skus; round++)
        {
            await Opening.RunAsync(authority, tenant, Location, Enumerable.Range(0, Skus).Select(number => Opening.Sku(number)), 1, string.Create(CultureInfo.InvariantCulture, $"opening-{round}"));
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Products() => Enumerable.Range(0, Skus).SelectMany(number => (KeyValuePair<string, string>[])
    [
        KeyValuePair.Create(string.Create(CultureInfo.InvariantCulture, $"Mapping__Products__{number}__Sku"), Opening.Sku(number)),
        KeyValuePair.Create(string.Create(CultureInfo.InvariantCulture, $"Mapping__Products__{number}__Product"), Opening.Sku(number).ToUpperInvariant()),
    ]);
}
