using Shouldly;
using StockAuthority.Connectors.Marketplace;
using Xunit;

namespace StockAuthority.Connectors.Tests.Marketplace;

public sealed class StartTests : IDisposable
{
    private readonly string _mapping = Path.GetTempFileName();

    public void Dispose() => File.Delete(_mapping);

    [Theory]
    [InlineData("""{"inventory_items":{"a":"gid://shopify/InventoryItem/1"}}""", "it has no object locations")]
    [InlineData("""{"inventory_items":{"a":"1"},"locations":{}}""", "inventory_items gives a something else than an id of the form")]
    [InlineData("""{"inventory_items":{"a":"gid://shopify/InventoryItem/1","b":"gid://shopify/InventoryItem/1"},"locations":{}}""", "inventory_items has b or its id twice")]
    [InlineData("""{"inventory_items":{},"locations":{"a":"gid://shopify/InventoryItem/1"}}""", "locations gives a something else")]
    [InlineData("[]", "it has no object inventory_items")]
    [InlineData("{", "it is not JSON of the expected shape")]
    public async Task A_mapping_file_that_cannot_be_used_is_named(string json, string sentence)
    {
        await File.WriteAllTextAsync(_mapping, json);
        (await RunAsync()).ShouldContain(sentence);
    }

    [Theory]
    [InlineData("--Shopify:ApiVersion=2026-01", "Shopify:ApiVersion is not a version from 2026-04 on")]
    [InlineData("--Shopify:ApiVersion=latest", "Shopify:ApiVersion is not a version")]
    [InlineData("--Shopify:AccessToken=", "Shopify__AccessToken")]
    [InlineData("--Shopify:MappingFile=/nowhere", "Shopify:MappingFile cannot be used")]
    public async Task An_unusable_setting_is_named(string setting, string sentence)
    {
        await File.WriteAllTextAsync(_mapping, """{"inventory_items":{},"locations":{}}""");
        (await RunAsync(setting)).ShouldContain(sentence);
    }

    private async Task<string> RunAsync(params string[] settings)
    {
        using var errors = new StringWriter();
        (await MarketplaceConnector.RunAsync(
            [
                "--StockAuthority:Address=http://127.0.0.1:1", "--StockAuthority:Token=t", "--Connector:TenantId=acme", "--Channel:CustomerSentence=s", "--Channel:Owner=o",
                "--Shopify:BaseUrl=http://127.0.0.1:2", "--Shopify:AccessToken=t", $"--Shopify:MappingFile={_mapping}", .. settings,
            ],
            errors)).ShouldBe(1);
        return errors.ToString();
    }
}
