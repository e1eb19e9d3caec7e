using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using Shouldly;
using StockAuthority.Client;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>What docker-compose.yml says of TLS and certificates, run without containers.</summary>
public sealed class ProductionSampleTests(TestPostgres databases)
{
    private const string MountedAt = "/run/tls";

    private static readonly string Root = TestWorkspace.Checkout.Root;

    [Fact]
    public async Task Its_certificates_and_settings_let_its_processes_in_and_only_for_what_they_do()
    {
        var certificates = Path.Combine(await TestWorkspace.FolderAsync(), $"sample-{Guid.NewGuid():N}");
        await RunAsync("certificates", Path.Combine(Root, "deploy", "certificates", "make"), certificates);
        var (port, redisPort) = (Ports.Free(), Ports.Free());
        await using var redis = await StartRedisAsync(Path.Combine(certificates, "redis"), redisPort);
        await using var database = await databases.CreateDatabaseAsync();
        var settings = Environment("server", certificates)
            .Where(each => each.Key.StartsWith("Kestrel__Certificates__", StringComparison.Ordinal) || each.Key.StartsWith("Redis__", StringComparison.Ordinal)
                || each.Key.StartsWith("Authentication__ClientCertificates__", StringComparison.Ordinal))
            .ToDictionary(StringComparer.Ordinal);
        settings.Count.ShouldBeGreaterThan(8);
        settings["DOTNET_ENVIRONMENT"] = "Production";
        settings["Authentication__Issuer"] = ForgedTokens.OtherIssuer;
        settings["Kestrel__Endpoints__Sample__Url"] = string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}");

        // The certificate's name is the one that the sample's network knows it by.
        var cache = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{redisPort},ssl=true,sslHost=redis");
        await using var server = await ServerProcess.StartAsync(database.ConnectionString, cache, settings);
        var authority = Path.Combine(certificates, "server", "ca.pem");
        using var operating = Channel(port, new StockAuthorityClientOptions
        {
            Address = server.Grpc,
            CaFile = authority,
            Token = await ForgedTokens.MakeAsync(ForgedTokens.ForeignIssuer, "*"),
        });
        await Ledger.RegisterAsync(operating);
        var sku = await Ledger.OpenAsync(new InventoryService.InventoryServiceClient(operating), 3);

        using var intake = Channel(port, Process("intake", certificates));
        (await ReasonAsync(new PaymentEventService.PaymentEventServiceClient(intake).ApplyPaymentEventAsync(new ApplyPaymentEventRequest { TenantId = Ledger.Tenant })))
            .ShouldBe("MISSING_FIELD");
        (await ReasonAsync(new InventoryService.InventoryServiceClient(intake).ReserveAsync(Ledger.Reserve(sku, 1)))).ShouldBe("SCOPE_MISSING");

        using var pos = Channel(port, Process("pos", certificates));
        var reader = new InventoryService.InventoryServiceClient(pos);
        var request = new GetAvailabilityRequest { TenantId = Ledger.Tenant, Keys = { new AvailabilityKey { Sku = sku, LocationId = Ledger.Location } } };
        await Eventually.Holds(async () => (await reader.GetAvailabilityAsync(request)).Availabilities[0] is { Source: AvailabilitySource.Cache, Level.Available: 3 });
        (await ReasonAsync(reader.ReserveAsync(Ledger.Reserve(sku, 1)))).ShouldBe("SCOPE_MISSING");
        request.TenantId = "another";
        (await ReasonAsync(reader.GetAvailabilityAsync(request))).ShouldBe("TENANT_NOT_ALLOWED");
    }

    /// <summary>A service's environment, as compose would give it.</summary>
    private static Dictionary<string, string> Environment(string service, string certificates)
    {
        return ComposeFile.Read().Environment(service).ToDictionary(
            each => each.Key,
            each => each.Value.Replace(MountedAt, Path.Combine(certificates, service), StringComparison.Ordinal)
                .Replace("${TENANT_ID:?set it in .env, see .env.example}", Ledger.Tenant, StringComparison.Ordinal),
            StringComparer.Ordinal);
    }

    private static StockAuthorityClientOptions Process(string service, string certificates)
    {
        var environment = Environment(service, certificates);
        return new StockAuthorityClientOptions
        {
            Address = new Uri(environment["StockAuthority__Address"]),
            CaFile = environment["StockAuthority__CaFile"],
            ClientCertificateFile = environment["StockAuthority__ClientCertificateFile"],
            ClientKeyFile = environment["StockAuthority__ClientKeyFile"],
        };
    }

    private static GrpcChannel Channel(int port, StockAuthorityClientOptions options)
    {
        options.Address = new UriBuilder(Uri.UriSchemeHttps, "localhost", port).Uri;
        return StockAuthorityChannel.Create(options);
    }

    private static async Task<ChildProcess> StartRedisAsync(string certificates, int port)
    {
        var program = Programs.Find("redis-server") ?? throw new DevHostException("redis-server was not found: run the tests with ./dev test, which installs it or says how.");
        return await TestWorkspace.StartAsync(new ChildProgram("redis", program, await TestWorkspace.NewLogFileAsync("redis"))
        {
            Arguments =
            [
                "--bind", "127.0.0.1", "--port", "0", "--tls-port", port.ToString(CultureInfo.InvariantCulture), "--save", "", "--appendonly", "no",
                "--dir", await TestWorkspace.FolderAsync(), "--tls-cert-file", Path.Combine(certificates, "tls.pem"), "--tls-key-file", Path.Combine(certificates, "tls.key"),
                "--tls-ca-cert-file", Path.Combine(certificates, "ca.pem"), "--tls-auth-clients", "no",
            ],
        });
    }

    private static async Task RunAsync(string name, string program, string argument)
    {
        var log = await TestWorkspace.NewLogFileAsync(name);
        await using var child = ChildProcess.Start(new ChildProgram(name, program, log) { Arguments = [argument] });
        await child.WaitForExitAsync();
        child.ExitCode.ShouldBe(0, await File.ReadAllTextAsync(log));
    }

    private static async Task<string?> ReasonAsync<T>(AsyncUnaryCall<T> call) =>
        (await Should.ThrowAsync<RpcException>(() => call.ResponseAsync)).GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason;
}
