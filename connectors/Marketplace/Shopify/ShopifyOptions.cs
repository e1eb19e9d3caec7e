using System.Globalization;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Shopify;

/// <summary>Section <c>Shopify</c>: the shop's address, a token that may write inventory, and the file that says what is what there.</summary>
internal sealed record ShopifyOptions(Uri BaseUrl, string AccessToken, string ApiVersion, ShopifyMapping Mapping)
{
    private const string DefaultVersion = "2026-10";

    /// <summary>Since then quantities are compared by <c>changeFromQuantity</c> and the <c>@idempotent</c> directive is demanded.</summary>
    private static readonly DateOnly OldestVersion = new(2026, 4, 1);

    public static ShopifyOptions Read(SettingsReader settings)
    {
        var address = settings.RequiredAddress("Shopify:BaseUrl").ToString();
        var version = settings.Text("Shopify:ApiVersion") ?? DefaultVersion;
        if (!DateOnly.TryParseExact(version, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month) || month < OldestVersion)
        {
            settings.Wrong($"Shopify:ApiVersion is not a version from {OldestVersion:yyyy-MM} on, such as {DefaultVersion}");
        }

        return new ShopifyOptions(
            new Uri(address.EndsWith('/') ? address : address + "/"), settings.RequiredSecret("Shopify:AccessToken"), version, ReadMapping(settings));
    }

    private static ShopifyMapping ReadMapping(SettingsReader settings)
    {
        const string Key = "Shopify:MappingFile";
        var file = settings.Required(Key);
        try
        {
            return file.Length == 0 ? ShopifyMapping.Empty : ShopifyMapping.Parse(File.ReadAllBytes(file));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            settings.Wrong($"{Key} cannot be used: {failure.Message.TrimEnd('.')}");
            return ShopifyMapping.Empty;
        }
    }
}
