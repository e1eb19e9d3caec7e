using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Shouldly;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.ServiceDefaults;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>What refuses to start, with a sentence that says why.</summary>
public sealed class StartupTests
{
    private const string OwnIssuer = "Authentication__Issuer=" + ForgedTokens.OtherIssuer;
    private const string Production = "DOTNET_ENVIRONMENT=Production";
    private const string NoKeysFile = "Authentication__SigningKeysFile=";
    private const string Certificates = "Authentication__ClientCertificates__";

    [Theory]
    [InlineData("PLAIN_TEXT_LISTENER", Production, OwnIssuer, "Kestrel__Endpoints__Grpc__Url=http://0.0.0.0:1")]
    [InlineData("DEVELOPMENT_ISSUER", Production)]
    [InlineData("DEVELOPMENT_ISSUER", "Kestrel__Endpoints__Grpc__Url=http://0.0.0.0:1")]
    [InlineData("DEVELOPMENT_ISSUER", "Kestrel__Endpoints__Grpc__Url=https://0.0.0.0:1")]
    [InlineData("INSECURE_AUTHORITY", NoKeysFile, "Authentication__Authority=http://issuer.example")]
    [InlineData("INSECURE_AUTHORITY", Production, OwnIssuer, NoKeysFile, "Authentication__Authority=http://127.0.0.1:1")]
    [InlineData("Authentication:Authority", NoKeysFile)]
    [InlineData("Authentication:Issuer", "Authentication__Issuer=")]
    [InlineData("Authentication:Audience", "Authentication__Audience=")]
    [InlineData("KeyRefreshInterval", "Authentication__KeyRefreshInterval=00:00:00")]
    [InlineData("ClientCertificates:CaFile", Certificates + "CaFile=/nowhere.pem")]
    [InlineData("ClientCertificates:CaFile", Certificates + "Callers__0__Uri=a:b", Certificates + "Callers__0__Tenants=*", Certificates + "Callers__0__Scopes=stock.read")]
    [InlineData("Callers:0:Scopes", Certificates + "Callers__0__Uri=a:b", Certificates + "Callers__0__Tenants=*", Certificates + "Callers__0__Scopes=stock.everything")]
    [InlineData("Callers:0:Tenants", Certificates + "Callers__0__Uri=a:b", Certificates + "Callers__0__Scopes=stock.read")]
    [InlineData("Callers:0:CommonName", Certificates + "Callers__0__Tenants=*", Certificates + "Callers__0__Scopes=stock.read")]
    public async Task A_server_that_would_not_be_safe_says_what_to_change(string named, params string[] settings)
    {
        // No database is there: what is refused is refused before it is asked for.
        var error = await Should.ThrowAsync<DevHostException>(() => ServerProcess.StartAsync(
            "Host=127.0.0.1;Port=1", "127.0.0.1:1", settings.Select(each => each.Split('=', 2)).ToDictionary(each => each[0], each => each[1], StringComparer.Ordinal)));
        error.Message.ShouldContain("exit code 1");
        error.Message.ShouldContain(named);
    }

    [Fact]
    public async Task The_development_issuer_does_not_start_in_production()
    {
        var checkout = TestWorkspace.Checkout;
        var log = await TestWorkspace.NewLogFileAsync("devhost");
        var child = ChildProcess.Start(new ChildProgram("devhost", checkout.Program("src/StockAuthority.DevHost", "StockAuthority.DevHost"), log)
        {
            Arguments = ["up", "--port-base", "1"],
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["ASPNETCORE_ENVIRONMENT"] = "Production" },
        });
        await using (child)
        {
            await child.WaitForExitAsync();
            child.ExitCode.ShouldBe(1);
            (await File.ReadAllTextAsync(log)).ShouldContain("The development issuer does not start in production");
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:7070", true)]
    [InlineData("http://localhost:7070", true)]
    [InlineData("http://[::1]:7070", true)]
    [InlineData("http://unix:/run/stockauthority.sock", true)]
    [InlineData("https://0.0.0.0:7070", true)]
    [InlineData("https://*:7070", true)]
    [InlineData("http://0.0.0.0:7070", false)]
    [InlineData("http://[::]:7070", false)]
    [InlineData("http://*:7070", false)]
    [InlineData("http://+:7070", false)]
    [InlineData("http://10.0.0.1:7070", false)]
    [InlineData("http://stock.example.com:7070", false)]
    [InlineData("http://localhost.example.com:7070", false)]
    public void In_production_plain_text_is_for_loopback_only(string address, bool isAllowed)
    {
        (Problem(Environments.Production, ("Kestrel:Endpoints:Grpc:Url", address)) is null).ShouldBe(isAllowed);
        (Problem(Environments.Production, ("urls", $"https://*:1;{address}")) is null).ShouldBe(isAllowed);
        Problem(Environments.Development, ("Kestrel:Endpoints:Grpc:Url", address)).ShouldBeNull();
        Problem(Environments.Production, ("Kestrel:Endpoints:Grpc:Url", address), (Listeners.BehindTlsProxy, "true")).ShouldBeNull();
    }

    [Fact]
    public void Every_endpoint_is_looked_at_and_ports_without_an_address_are_everybodys()
    {
        Problem(Environments.Production, ("Kestrel:Endpoints:A:Url", "https://*:1"), ("Kestrel:Endpoints:B:Url", "http://*:2"))!.ShouldContain("http://*:2");
        Problem(Environments.Production, ("http_ports", "8080")).ShouldNotBeNull();
        Problem(Environments.Production, ("https_ports", "8443")).ShouldBeNull();
    }

    private static string? Problem(string environment, params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(each => KeyValuePair.Create(each.Key, (string?)each.Value))).Build();
        return Listeners.PlainTextProblem(configuration, new HostingEnvironment { EnvironmentName = environment });
    }
}
