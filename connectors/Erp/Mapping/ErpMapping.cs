using System.Collections.Frozen;
using System.Globalization;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;

namespace StockAuthority.Connectors.Erp.Mapping;

/// <summary>A location's places in the ERP.</summary>
internal sealed record ErpLocation(string Storage, string Inspection, string Damaged);

/// <summary>Accounts of one booking.</summary>
internal sealed record ErpAccounts(string Debit, string Credit);

/// <summary>Goods from one place of the ERP to another.</summary>
internal sealed record ErpGoods(string Product, string From, string To, long Quantity);

/// <summary>
/// What a movement or a ledger action is in an ERP, in the ERP's own codes; the same for every ERP. Section <c>Mapping</c>.
/// </summary>
internal sealed class ErpMapping
{
    private readonly FrozenDictionary<string, ErpLocation> _locations;
    private readonly FrozenDictionary<string, string> _products;
    private readonly FrozenDictionary<LedgerAction, ErpAccounts[]> _accounts;
    private readonly string _supplier;
    private readonly string _customer;
    private readonly string _adjustment;
    private readonly string _transit;

    private ErpMapping(
        IReadOnlyDictionary<string, ErpLocation> locations,
        IReadOnlyDictionary<string, string> products,
        IReadOnlyDictionary<LedgerAction, ErpAccounts[]> accounts,
        (string Supplier, string Customer, string Adjustment, string Transit) outside)
    {
        _locations = locations.ToFrozenDictionary(StringComparer.Ordinal);
        _products = products.ToFrozenDictionary(StringComparer.Ordinal);
        _accounts = accounts.ToFrozenDictionary();
        (_supplier, _customer, _adjustment, _transit) = outside;
    }

    /// <summary>Every place that it names.</summary>
    public IEnumerable<string> Places => _locations.Values.SelectMany(each => new[] { each.Storage, each.Inspection, each.Damaged })
        .Concat([_supplier, _customer, _adjustment, _transit]).Distinct(StringComparer.Ordinal);

    /// <summary>Every account that it names.</summary>
    public IEnumerable<string> Accounts => _accounts.Values.SelectMany(each => each).SelectMany(each => new[] { each.Debit, each.Credit }).Distinct(StringComparer.Ordinal);

    /// <summary>Every product that it names for a SKU; other SKUs are their products' codes.</summary>
    public IEnumerable<string> Products => _products.Values.Distinct(StringComparer.Ordinal);

    public static ErpMapping Read(SettingsReader settings)
    {
        Dictionary<string, ErpLocation> locations = new(StringComparer.Ordinal);
        foreach (var section in settings.Configuration.GetSection("Mapping:Locations").GetChildren())
        {
            var key = $"Mapping:Locations:{section.Key}";
            var storage = settings.Required($"{key}:Storage");
            var id = settings.Required($"{key}:LocationId");
            if (!locations.TryAdd(id, new ErpLocation(storage, settings.Text($"{key}:Inspection") ?? storage, settings.Text($"{key}:Damaged") ?? storage)))
            {
                settings.Wrong($"{key}:LocationId names '{id}' a second time");
            }
        }

        if (locations.Count == 0)
        {
            settings.Wrong("Mapping:Locations has no entry (environment: Mapping__Locations__0__LocationId and Mapping__Locations__0__Storage)");
        }

        Dictionary<string, string> products = new(StringComparer.Ordinal);
        foreach (var section in settings.Configuration.GetSection("Mapping:Products").GetChildren())
        {
            var sku = settings.Required($"Mapping:Products:{section.Key}:Sku");
            if (!products.TryAdd(sku, settings.Required($"Mapping:Products:{section.Key}:Product")))
            {
                settings.Wrong($"Mapping:Products:{section.Key}:Sku names '{sku}' a second time");
            }
        }

        List<(LedgerAction Action, ErpAccounts Accounts)> accounts = [];
        foreach (var section in settings.Configuration.GetSection("Mapping:LedgerActions").GetChildren())
        {
            var key = $"Mapping:LedgerActions:{section.Key}";
            var name = settings.Required($"{key}:Action");
            if (ActionOf(name) is not { } action)
            {
                settings.Wrong($"{key}:Action is '{name}', which is no ledger action of payments");
                continue;
            }

            accounts.Add((action, new ErpAccounts(settings.Required($"{key}:Debit"), settings.Required($"{key}:Credit"))));
        }

        return new ErpMapping(
            locations,
            products,
            accounts.GroupBy(each => each.Action).ToDictionary(group => group.Key, group => group.Select(each => each.Accounts).ToArray()),
            (settings.Required("Mapping:Supplier"), settings.Required("Mapping:Customer"), settings.Required("Mapping:Adjustment"), settings.Required("Mapping:Transit")));
    }

    /// <summary>Null where the location is not mapped. From and to are the same where no goods move: a promise, for one.</summary>
    public ErpGoods? Goods(Movement movement) => _locations.TryGetValue(movement.LocationId, out var location)
        ? new ErpGoods(
            _products.GetValueOrDefault(movement.Sku, movement.Sku),
            Place(movement.FromState, movement, location),
            Place(movement.ToState, movement, location),
            movement.Quantity)
        : null;

    /// <summary>Empty where the action is not booked.</summary>
    public IReadOnlyList<ErpAccounts> AccountsFor(LedgerAction action) => _accounts.GetValueOrDefault(action, []);

    /// <summary>An action's name in the configuration: <c>capture-expected</c> for LEDGER_ACTION_CAPTURE_EXPECTED.</summary>
    private static LedgerAction? ActionOf(string name) =>
        Enum.TryParse<LedgerAction>(string.Concat(name.Split('-').Select(word => word.Length == 0 ? "?" : char.ToUpper(word[0], CultureInfo.InvariantCulture) + word[1..])), out var action)
        && action is not (LedgerAction.Unspecified or LedgerAction.InventoryAdjustment) && !name.Any(char.IsAsciiLetterUpper)
            ? action
            : null;

    private string Place(StockState state, Movement movement, ErpLocation location) => state switch
    {
        // What is promised is on the same shelf, and what is owed was taken from it.
        StockState.Available or StockState.Reserved or StockState.Committed or StockState.Shortfall => location.Storage,
        StockState.Inspection => location.Inspection,
        StockState.Damaged => location.Damaged,
        StockState.InTransit or StockState.OtherLocation => _transit,
        StockState.Customer => _customer,
        StockState.Supply when movement.Reason == AdjustmentReason.Receipt => _supplier,
        StockState.Supply when movement.Reason == AdjustmentReason.Sale => _customer,
        StockState.Supply or StockState.WrittenOff => _adjustment,
        _ => throw new InvalidOperationException($"Movement {movement.Sequence} has the state {state}, which this connector does not know: update it."),
    };
}
