using Microsoft.AspNetCore.Builder;
using Shouldly;
using StockAuthority.Connectors.Marketplace;
using StockAuthority.Connectors.Pos;
using StockAuthority.Connectors.Webhook;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Tests.Runtime;

/// <summary>The connectors start with what docker-compose.yml gives them, and each of its settings is one that they read.</summary>
public sealed class ComposeSettingsTests
{
    private static readonly Dictionary<string, string> Variables = new(StringComparer.Ordinal)
    {
        ["TENANT_ID"] = "acme",
        ["SQUARE_BASE_URL"] = "https://connect.squareup.com",
        ["SQUARE_ACCESS_TOKEN"] = "token",
        ["POS_DATABASE_PASSWORD"] = "password",
        ["SHOPIFY_BASE_URL"] = "https://shop.myshopify.com",
        ["AMAZON_CLIENT_ID"] = "client",
        ["AMAZON_SELLER_ID"] = "SELLER",
        ["AMAZON_MARKETPLACE_ID"] = "A1PA6795UKMFR9",
        ["AMAZON_LOCATION_ID"] = "shop",
        ["WEBHOOK_DATABASE_PASSWORD"] = "password",
        ["WEBHOOK_SUBSCRIBER_URL"] = "https://partner.example.com/webhooks",
    };

    [Theory]
    [InlineData("pos")]
    [InlineData("shopify")]
    [InlineData("amazon")]
    [InlineData("webhook")]
    public async Task A_connector_reads_every_setting_that_it_is_given(string service)
    {
        Func<WebApplicationBuilder, string?> configure = service switch
        {
            "pos" => PosConnector.Configure,
            "webhook" => WebhookConnector.Configure,
            _ => MarketplaceConnector.Configure,
        };
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in ComposeFile.Read().Environment(service))
        {
            environment[name] = await MountedAsync(ComposeFile.Substitute(value, Variables));
        }

        environment.Count.ShouldBeGreaterThan(8);
        RecordedSettings.Unread(environment, configure).ShouldAllBe(key => key.StartsWith("Kestrel:", StringComparison.Ordinal));
    }

    /// <summary>A file where the container would have one.</summary>
    private static async Task<string> MountedAsync(string value)
    {
        var content = value switch
        {
            "/run/stockauthority/shopify-mapping.json" => """{"inventory_items": {}, "locations": {}}""",
            "/run/secrets/webhook_subscriber_secret" => "whsec_" + Convert.ToBase64String(new byte[32]),
            _ when value.StartsWith("/run/secrets/", StringComparison.Ordinal) => "secret",
            _ => null,
        };
        if (content is null)
        {
            return value;
        }

        var file = Path.Combine(await TestWorkspace.FolderAsync(), $"{Guid.NewGuid():N}.mounted");
        await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        return file;
    }
}
