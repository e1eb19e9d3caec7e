using System.Globalization;
using System.Text.Json.Nodes;
using StockAuthority.Connectors.Erp.Mapping;

namespace StockAuthority.Connectors.Erp.Tryton;

/// <summary>Ids of what the mapping names, remembered once found; what is not found is looked for again, since people add it.</summary>
internal sealed class TrytonCatalogue(TrytonRpc rpc, TrytonOptions options)
{
    private readonly Dictionary<string, long> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Product> _products = new(StringComparer.Ordinal);
    private (long Id, string Code)? _currency;
    private long? _journal;

    internal sealed record Product(long Id, long Unit, decimal CostPrice);

    public async Task<IReadOnlyList<string>> CheckAsync(ErpMapping mapping, CancellationToken cancellationToken)
    {
        List<string> problems = [];
        await TryAsync(() => CurrencyAsync(cancellationToken));
        foreach (var place in mapping.Places)
        {
            await TryAsync(() => PlaceAsync(place, cancellationToken));
        }

        foreach (var account in mapping.Accounts)
        {
            await TryAsync(() => AccountAsync(account, cancellationToken));
        }

        foreach (var product in mapping.Products)
        {
            await TryAsync(() => ProductAsync(product, cancellationToken));
        }

        if (mapping.Accounts.Any())
        {
            await TryAsync(() => JournalAsync(cancellationToken));
        }

        return problems;

        async Task TryAsync<T>(Func<Task<T>> look)
        {
            try
            {
                await look();
            }
            catch (TrytonRefusalException refusal)
            {
                problems.Add(refusal.Message);
            }
        }
    }

    /// <summary>The company's own currency.</summary>
    public async Task<(long Id, string Code)> CurrencyAsync(CancellationToken cancellationToken)
    {
        if (_currency is not { } currency)
        {
            // Any call opens the session, which knows the company.
            var companies = await rpc.SearchAsync("company.company", [], ["currency", "currency.code"], cancellationToken);
            var company = companies.FirstOrDefault(each => Id(each!) == rpc.Company) ?? throw new TrytonRefusalException("NO_COMPANY", "The user's company is not there.");
            _currency = currency = (company["currency"]!.GetValue<long>(), company["currency."]!["code"]!.ToString());
        }

        return currency;
    }

    public Task<long> PlaceAsync(string name, CancellationToken cancellationToken) =>
        IdAsync(_places, name, "stock.location", new JsonArray("OR", new JsonArray("code", "=", name), new JsonArray("name", "=", name)), "PLACE_UNKNOWN", "location", cancellationToken);

    public Task<long> AccountAsync(string code, CancellationToken cancellationToken) =>
        IdAsync(_accounts, code, "account.account", new JsonArray("code", "=", code), "ACCOUNT_UNKNOWN", "account", cancellationToken);

    public async Task<long> JournalAsync(CancellationToken cancellationToken) =>
        _journal ??= await IdAsync([], options.Journal, "account.journal", new JsonArray("code", "=", options.Journal), "JOURNAL_UNKNOWN", "journal", cancellationToken);

    public async Task<Product> ProductAsync(string code, CancellationToken cancellationToken)
    {
        if (!_products.TryGetValue(code, out var product))
        {
            var found = await rpc.SearchAsync(
                "product.product", new JsonArray(new JsonArray("code", "=", code)), ["default_uom", "cost_price"], cancellationToken);
            if (found.Count != 1)
            {
                throw new TrytonRefusalException("PRODUCT_UNKNOWN", $"Tryton has {(found.Count == 0 ? "no" : "more than one")} product '{code}'.");
            }

            var cost = found[0]!["cost_price"]?["decimal"]?.ToString();
            _products[code] = product = new Product(
                Id(found[0]!), found[0]!["default_uom"]!.GetValue<long>(), cost is null ? 0 : decimal.Parse(cost, CultureInfo.InvariantCulture));
        }

        return product;
    }

    private static long Id(JsonNode record) => record["id"]!.GetValue<long>();

    private async Task<long> IdAsync(
        Dictionary<string, long> known, string name, string model, JsonArray clause, string code, string what, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(name, out var id))
        {
            return id;
        }

        var found = await rpc.SearchAsync(model, new JsonArray(clause), ["id"], cancellationToken);
        return found.Count == 1
            ? known[name] = Id(found[0]!)
            : throw new TrytonRefusalException(code, $"Tryton has {(found.Count == 0 ? "no" : "more than one")} {what} '{name}'.");
    }
}
