using System.Globalization;
using System.Runtime.Versioning;
using Shouldly;
using StockAuthority.Connectors.Broker.Tests.Hosts;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.DevHost.RabbitMq;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Broker.Tests.RabbitMq;

/// <summary>A real RabbitMQ that speaks TLS with a certificate of one's own authority.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RabbitMqTlsTests(BrokerStand stand, TestPostgres databases)
{
    private const string Consumer = Services.BrokerConsumer;

    [Fact]
    public async Task Only_a_certificate_of_the_named_authority_and_for_the_right_name_is_trusted()
    {
        if (RabbitMqServer.Missing() is { } missing)
        {
            Assert.Skip(missing);
        }

        var (ours, foreign) = (await CertificatesAsync(), await CertificatesAsync());
        var (port, otherPort) = (Ports.Free(), Ports.Free());
        await using var broker = await RabbitMqBroker.StartAsync(Tls(port, Path.Combine(ours, "server")));

        // That one's certificate is for the name rabbitmq.
        await using var misnamed = await RabbitMqBroker.StartAsync(Tls(otherPort, Path.Combine(ours, "rabbitmq")));
        var shop = await stand.ShopAsync(databases);
        await broker.BindAsync(shop.Tenant, $"{shop.Tenant}.#");
        await shop.ReceiveAsync(["mug"]);

        await RefusesAsync(shop, broker, port, Path.Combine(foreign, "authority", "ca.pem"));
        await RefusesAsync(shop, broker, port, null);
        await RefusesAsync(shop, misnamed, otherPort, Path.Combine(ours, "authority", "ca.pem"));

        await using var connector = await RunAsync(shop, broker, port, Path.Combine(ours, "authority", "ca.pem"));
        await shop.CaughtUpAsync(Consumer);
    }

    private static string Tls(int port, string certificates) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        listeners.ssl.1 = 127.0.0.1:{port}
        ssl_options.cacertfile = {certificates}/ca.pem
        ssl_options.certfile = {certificates}/tls.pem
        ssl_options.keyfile = {certificates}/tls.key
        ssl_options.verify = verify_none
        ssl_options.fail_if_no_peer_cert = false
        """);

    private static async Task<string> CertificatesAsync()
    {
        var folder = Path.Combine(await TestWorkspace.FolderAsync(), $"certificates-{Guid.NewGuid():N}");
        var make = new ChildProgram("certificates", Path.Combine(TestWorkspace.Checkout.Root, "deploy", "certificates", "make"), await TestWorkspace.NewLogFileAsync("certificates"))
        {
            Arguments = [folder],
        };
        await using var child = ChildProcess.Start(make);
        await child.WaitForExitAsync();
        child.ExitCode.ShouldBe(0, await File.ReadAllTextAsync(make.LogFile));

        // They belong to the users of the images; RabbitMQ runs here as another one.
        foreach (var service in Directory.GetDirectories(folder).Append(folder))
        {
            File.SetUnixFileMode(service, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
            foreach (var file in Directory.GetFiles(service))
            {
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
            }
        }

        return folder;
    }

    private async Task RefusesAsync(Shop shop, RabbitMqBroker broker, int port, string? authority)
    {
        await using var connector = await RunAsync(shop, broker, port, authority);
        await Eventually.Holds(async () => (await File.ReadAllTextAsync(connector.Program.LogFile)).Contains("UNREACHABLE", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        (await shop.CheckpointAsync(Consumer)).Sequence.ShouldBe(0);
    }

    private async Task<ChildProcess> RunAsync(Shop shop, RabbitMqBroker broker, int port, string? authority)
    {
        var platform = Services.RabbitMq(new Uri(string.Create(CultureInfo.InvariantCulture, $"amqps://127.0.0.1:{port}")), RabbitMqServer.User, broker.PasswordFile);
        if (authority is not null)
        {
            platform["RabbitMq__CaFile"] = authority;
        }

        return await TestWorkspace.StartAsync(await stand.ConnectorAsync(shop.Tenant, platform));
    }
}
