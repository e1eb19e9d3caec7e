using Shouldly;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Erp.Tests;

public sealed class ComposeSettingsTests
{
    /// <summary>What the operator's erp.env has, of either ERP.</summary>
    private static readonly Dictionary<string, string> OperatorsOwn = new(StringComparer.Ordinal)
    {
        ["Tryton__Address"] = "https://tryton.example.com",
        ["Tryton__Database"] = "tryton",
        ["Tryton__User"] = "stock",
        ["BusinessCentral__BaseUrl"] = "https://api.businesscentral.dynamics.com/v2.0/d/e/api",
        ["BusinessCentral__TokenUrl"] = "https://login.microsoftonline.com/d/oauth2/v2.0/token",
        ["BusinessCentral__ClientId"] = "client",
        ["BusinessCentral__Company"] = "CRONUS",
        ["Mapping__Supplier"] = "SUP",
        ["Mapping__Customer"] = "CUS",
        ["Mapping__Adjustment"] = "ADJ",
        ["Mapping__Transit"] = "TRANSIT",
        ["Mapping__Locations__0__LocationId"] = "shop",
        ["Mapping__Locations__0__Storage"] = "STO",
    };

    [Fact]
    public async Task It_starts_with_what_compose_gives_it_and_reads_every_setting_for_one_ERP_or_the_other()
    {
        var secret = Path.Combine(await TestWorkspace.FolderAsync(), $"{Guid.NewGuid():N}.mounted");
        await File.WriteAllTextAsync(secret, "secret", TestContext.Current.CancellationToken);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["TENANT_ID"] = "acme" };
        var given = ComposeFile.Read().Environment("erp").ToDictionary(
            each => each.Key, each => ComposeFile.Substitute(each.Value, variables).Replace("/run/secrets/erp", secret, StringComparison.Ordinal), StringComparer.Ordinal);

        var unread = new[] { "tryton", "business-central" }
            .Select(system => RecordedSettings.Unread(given.Concat(OperatorsOwn).Append(KeyValuePair.Create("Erp__System", system)).ToDictionary(StringComparer.Ordinal), ErpConnector.Configure))
            .Aggregate((one, other) => [.. one.Intersect(other)]);

        unread.ShouldAllBe(key => key.StartsWith("Kestrel:", StringComparison.Ordinal));
    }
}
