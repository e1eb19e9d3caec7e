using System.Globalization;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Pos.Square;

/// <summary>
/// Section <c>Square</c>. SKUs and locations keep their names, or have those that Square's catalog gives them, unless <c>Square:CatalogObjects:0:Sku</c> and
/// <c>:CatalogObjectId</c>, <c>Square:Locations:0:LocationId</c> and <c>:SquareLocationId</c> and so on name others. They are lists and
/// not maps because configuration keys ignore case and cannot hold every SKU.
/// </summary>
internal sealed record SquareOptions(
    Uri BaseUrl, string AccessToken, string Version, IReadOnlyDictionary<string, string> CatalogObjects, IReadOnlyDictionary<string, string> Locations)
{
    /// <summary>Whether names that are not configured are read from Square's catalog and locations. <c>Square:ReadCatalogue</c>.</summary>
    public bool ReadsCatalogue { get; init; }

    /// <summary>The version of the API that this connector is written for.</summary>
    private const string DefaultVersion = "2025-08-20";

    public static SquareOptions Read(SettingsReader settings)
    {
        var address = settings.RequiredAddress("Square:BaseUrl").ToString();
        var version = settings.Text("Square:Version") ?? DefaultVersion;
        if (!DateOnly.TryParseExact(version, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
        {
            settings.Wrong("Square:Version is not a date such as " + DefaultVersion);
        }

        return new SquareOptions(
            new Uri(address.EndsWith('/') ? address : address + "/"),
            settings.Required("Square:AccessToken"),
            version,
            Names(settings, "Square:CatalogObjects", "Sku", "CatalogObjectId"),
            Names(settings, "Square:Locations", "LocationId", "SquareLocationId"))
        {
            ReadsCatalogue = settings.Choice("Square:ReadCatalogue", otherwise: false),
        };
    }

    public string CatalogObjectOf(StockKey key) => CatalogObjects.GetValueOrDefault(key.Sku, key.Sku);

    public string LocationOf(StockKey key) => Locations.GetValueOrDefault(key.LocationId, key.LocationId);

    private static Dictionary<string, string> Names(SettingsReader settings, string section, string ours, string theirs)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in settings.Configuration.GetSection(section).GetChildren())
        {
            if (!names.TryAdd(settings.Required($"{entry.Path}:{ours}"), settings.Required($"{entry.Path}:{theirs}")))
            {
                settings.Wrong($"{section} names {entry[ours]} twice");
            }
        }

        // Two levels that share one name in the channel would overwrite each other for ever.
        if (names.Values.Distinct(StringComparer.Ordinal).Count() < names.Count)
        {
            settings.Wrong($"{section} gives one {theirs} to several entries");
        }

        return names;
    }
}
