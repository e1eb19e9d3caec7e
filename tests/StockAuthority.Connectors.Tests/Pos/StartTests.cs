using Shouldly;
using StockAuthority.Connectors.Pos;
using StockAuthority.Connectors.Simulators;
using Xunit;

namespace StockAuthority.Connectors.Tests.Pos;

public sealed class StartTests
{
    private static readonly string[] Complete =
    [
        "--StockAuthority:Address=http://127.0.0.1:1", "--StockAuthority:Token=t", "--Connector:TenantId=acme",
        "--Square:BaseUrl=http://127.0.0.1:2", "--Square:AccessToken=t", "--Channel:CustomerSentence=Old units.", "--Channel:Owner=tills",
    ];

    [Fact]
    public async Task Missing_settings_are_one_sentence_that_names_them_all_and_exit_code_1()
    {
        var (code, errors) = await RunAsync();
        code.ShouldBe(1);
        errors.TrimEnd().ShouldNotContain('\n');
        errors.ShouldContain("StockAuthority__Address");
        errors.ShouldContain("StockAuthority__TokenFile");
        errors.ShouldContain("Connector__TenantId");
        errors.ShouldContain("Square__BaseUrl");
        errors.ShouldContain("Square__AccessToken");
        errors.ShouldContain("Channel__CustomerSentence");
        errors.ShouldContain("Channel__Owner");
    }

    [Theory]
    [InlineData("--Square:BaseUrl=not an address", "Square:BaseUrl is not an http or https address")]
    [InlineData("--Channel:InitialRollout=75", "Channel:InitialRollout is not one of off, shadow, 25, 50 and 100")]
    [InlineData("--Connector:LeaseTime=00:00:05", "Connector:LeaseTime is not at least twice Connector:AttemptTimeout")]
    [InlineData("--Square:Version=newest", "Square:Version is not a date")]
    [InlineData("--Connector:RetryAttempts=0", "Connector:RetryAttempts is not a whole number from 1 to 20")]
    [InlineData("--Connector:AttemptTimeout=soon", "Connector:AttemptTimeout is not a duration")]
    [InlineData("--Square:Locations:0:LocationId=shop", "Square:Locations:0:SquareLocationId is not set")]
    public async Task An_unusable_setting_is_named(string setting, string sentence)
    {
        var (code, errors) = await RunAsync([.. Complete, setting]);
        code.ShouldBe(1);
        errors.ShouldContain(sentence);
    }

    [Fact]
    public async Task Two_SKUs_with_one_catalog_object_are_refused()
    {
        var (code, errors) = await RunAsync(
        [
            .. Complete,
            "--Square:CatalogObjects:0:Sku=apple", "--Square:CatalogObjects:0:CatalogObjectId=X",
            "--Square:CatalogObjects:1:Sku=pear", "--Square:CatalogObjects:1:CatalogObjectId=X",
        ]);
        code.ShouldBe(1);
        errors.ShouldContain("Square:CatalogObjects gives one CatalogObjectId to several entries");
    }

    [Theory]
    [InlineData("--Kestrel:Endpoints:Http:Url=http://0.0.0.0:5999", "not a loopback address")]
    [InlineData("--Simulator:AccessToken=", "Simulator__AccessToken")]
    public async Task The_simulator_starts_only_on_this_machine_and_with_a_token(string setting, string sentence)
    {
        using var errors = new StringWriter();
        (await SimulatorHost.RunAsync(["--Simulator:AccessToken=t", setting], errors)).ShouldBe(1);
        errors.ToString().ShouldContain(sentence);
    }

    private static async Task<(int Code, string Errors)> RunAsync(params string[] settings)
    {
        using var errors = new StringWriter();
        return (await PosConnector.RunAsync(settings, errors), errors.ToString());
    }
}
