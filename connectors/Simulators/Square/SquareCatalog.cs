
namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>
/// The item variations and locations that the stand-in's merchant has: those of PUT /simulator/square/catalog. SearchCatalogObjects is answered for a set query of
/// <c>sku</c>, a page of two at a time so that cursors are used.
/// </summary>
internal sealed class SquareCatalog
{
    private const int PerPage = 2;
    private volatile CatalogContents _contents = new([], []);

    public void Put(CatalogContents contents) => _contents = contents;

    public LocationsAnswer Locations() => new([.. _contents.Locations.Select(each => new NamedLocation(each.Id, each.Name, "ACTIVE"))]);

    public CatalogAnswer Retrieve(IReadOnlyList<string> ids) =>
        new([.. _contents.Variations.Where(each => ids.Contains(each.Id, StringComparer.Ordinal)).Select(Shown)], null);

    /// <summary>Null where it is another query.</summary>
    public CatalogAnswer? Search(CatalogSearch search)
    {
        if (search is not { ObjectTypes: ["ITEM_VARIATION"], Query.SetQuery: { AttributeName: "sku", AttributeValues: { } skus } })
        {
            return null;
        }

        var start = int.TryParse(search.Cursor, out var position) ? position : 0;
        var found = _contents.Variations.Where(each => skus.Contains(each.Sku, StringComparer.Ordinal)).ToArray();
        return new CatalogAnswer([.. found.Skip(start).Take(PerPage).Select(Shown)], start + PerPage < found.Length ? (start + PerPage).ToString(System.Globalization.CultureInfo.InvariantCulture) : null);
    }

    private static VariationObject Shown(NamedVariation each) => new("ITEM_VARIATION", each.Id, false, new VariationData(each.Sku));
}
