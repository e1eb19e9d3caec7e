using System.Collections.Concurrent;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Pos.Square;

/// <summary>What a level is called at Square; null where Square has no such name.</summary>
internal sealed record SquareTarget(string? CatalogObjectId, string? LocationId);

/// <summary>What Square's names are called here; null where nothing here has them.</summary>
/// <param name="IsPresumed">The SKU is Square's own id, because nothing says otherwise.</param>
internal sealed record SquareNames(string? Sku, string? LocationId, bool IsPresumed);

/// <summary>
/// SKUs and catalog object ids, locations and Square's. What the configuration names goes first. With <c>Square:ReadCatalogue</c> the rest is read from Square
/// (SearchCatalogObjects and BatchRetrieveCatalogObjects by the item variation's <c>sku</c>, ListLocations by the location's <c>name</c>) and remembered; without it
/// names are the same on both sides.
/// </summary>
internal sealed class SquareCatalogue(SquareReads reads, SquareOptions square, TimeProvider clock)
{
    /// <summary>SearchCatalogObjects: the most values of a set query.</summary>
    private const int MostValues = 250;
    private const int MostRemembered = 1_000_000;

    /// <summary>How long what is missing is believed to be.</summary>
    private static readonly TimeSpan MissLifetime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Known> _objectOfSku = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Known> _skuOfObject = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _configuredSkus = square.CatalogObjects.ToDictionary(each => each.Value, each => each.Key, StringComparer.Ordinal);
    private readonly Dictionary<string, string> _configuredLocations = square.Locations.ToDictionary(each => each.Value, each => each.Key, StringComparer.Ordinal);
    private volatile Locations _locations = new([], DateTimeOffset.MinValue);

    private sealed record Known(string? Name, DateTimeOffset ReadAt);

    private sealed record Locations(IReadOnlyList<SquareLocation> All, DateTimeOffset ReadAt);

    /// <summary>In the order of the keys.</summary>
    public async Task<IReadOnlyList<SquareTarget>> TargetsAsync(IReadOnlyList<StockKey> keys, CancellationToken cancellationToken)
    {
        if (!square.ReadsCatalogue)
        {
            return [.. keys.Select(key => new SquareTarget(square.CatalogObjectOf(key), square.LocationOf(key)))];
        }

        foreach (var missing in keys.Select(key => key.Sku).Distinct(StringComparer.Ordinal).Where(sku => !square.CatalogObjects.ContainsKey(sku) && !IsKnown(_objectOfSku, sku)).Chunk(MostValues))
        {
            await SearchAsync(missing, cancellationToken);
        }

        var targets = new List<SquareTarget>(keys.Count);
        foreach (var key in keys)
        {
            targets.Add(new SquareTarget(
                square.CatalogObjects.GetValueOrDefault(key.Sku) ?? _objectOfSku.GetValueOrDefault(key.Sku)?.Name,
                square.Locations.GetValueOrDefault(key.LocationId) ?? await LocationAsync(each => each.Name == key.LocationId, each => each.Id, cancellationToken)));
        }

        return targets;
    }

    public async Task<SquareNames> NamesAsync(string catalogObjectId, string locationId, CancellationToken cancellationToken)
    {
        var sku = _configuredSkus.GetValueOrDefault(catalogObjectId);
        var location = _configuredLocations.GetValueOrDefault(locationId);
        if (!square.ReadsCatalogue)
        {
            // A name that stands for another thing by the configuration does not stand for itself as well.
            return new SquareNames(
                sku ?? (square.CatalogObjects.ContainsKey(catalogObjectId) ? null : catalogObjectId),
                location ?? (square.Locations.ContainsKey(locationId) ? null : locationId),
                IsPresumed: sku is null);
        }

        return new SquareNames(
            sku ?? await SkuAsync(catalogObjectId, cancellationToken),
            location ?? await LocationAsync(each => each.Id == locationId, each => each.Name, cancellationToken),
            IsPresumed: false);
    }

    private async Task<string?> SkuAsync(string catalogObjectId, CancellationToken cancellationToken)
    {
        if (!IsKnown(_skuOfObject, catalogObjectId))
        {
            var found = await reads.PostAsync(
                "v2/catalog/batch-retrieve", new BatchRetrieveCatalogRequest([catalogObjectId]), SquareJson.Default.BatchRetrieveCatalogRequest, SquareJson.Default.CatalogObjects, cancellationToken);
            var sku = (found.Objects ?? []).FirstOrDefault(each => each.Id == catalogObjectId && each.IsDeleted != true)?.ItemVariationData?.Sku;
            Remember(_skuOfObject, catalogObjectId, string.IsNullOrWhiteSpace(sku) ? null : sku);
        }

        return _skuOfObject.GetValueOrDefault(catalogObjectId)?.Name;
    }

    private async Task SearchAsync(string[] skus, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, string?>(StringComparer.Ordinal);
        string? cursor = null;
        do
        {
            var page = await reads.PostAsync(
                "v2/catalog/search",
                new SearchCatalogRequest(["ITEM_VARIATION"], new CatalogQuery(new CatalogSetQuery("sku", skus)), cursor),
                SquareJson.Default.SearchCatalogRequest, SquareJson.Default.CatalogObjects, cancellationToken);
            foreach (var each in page.Objects ?? [])
            {
                if (each is { IsDeleted: not true, Id: { } id, ItemVariationData.Sku: { } sku })
                {
                    // Two variations with one SKU: neither can be meant.
                    found[sku] = found.ContainsKey(sku) ? null : id;
                }
            }

            cursor = page.Cursor;
        }
        while (cursor is { Length: > 0 });

        foreach (var sku in skus)
        {
            Remember(_objectOfSku, sku, found.GetValueOrDefault(sku));
        }
    }

    private async Task<string?> LocationAsync(Func<SquareLocation, bool> matches, Func<SquareLocation, string?> name, CancellationToken cancellationToken)
    {
        if (!_locations.All.Any(matches) && clock.GetUtcNow() - _locations.ReadAt > MissLifetime)
        {
            var answer = await reads.GetAsync("v2/locations", SquareJson.Default.LocationList, cancellationToken);
            _locations = new Locations(answer.Locations ?? [], clock.GetUtcNow());
        }

        return _locations.All.Where(matches).ToArray() is [var only] ? name(only) : null;
    }

    private bool IsKnown(ConcurrentDictionary<string, Known> names, string name) =>
        names.TryGetValue(name, out var known) && (known.Name is not null || clock.GetUtcNow() - known.ReadAt <= MissLifetime);

    private void Remember(ConcurrentDictionary<string, Known> names, string name, string? found)
    {
        if (names.Count >= MostRemembered)
        {
            names.Clear();
        }

        names[name] = new Known(found, clock.GetUtcNow());
    }
}
