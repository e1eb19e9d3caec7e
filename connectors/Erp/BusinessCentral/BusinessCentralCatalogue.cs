using System.Text.Json.Nodes;
using StockAuthority.Connectors.Erp.Mapping;

namespace StockAuthority.Connectors.Erp.BusinessCentral;

/// <summary>The company, and whether what the mapping names is there.</summary>
internal sealed class BusinessCentralCatalogue(BusinessCentralClient client, BusinessCentralOptions options)
{
    /// <summary>What was found once is not looked for again: while answers get lost, a check that begins anew would not end.</summary>
    private readonly HashSet<(string Entities, string Value)> _found = [];
    private (string Path, string Currency)? _company;

    /// <summary>The company's path, and the currency that it keeps its books in.</summary>
    /// <exception cref="BusinessCentralRefusalException">There is no such company.</exception>
    public async Task<(string Path, string Currency)> CompanyAsync(CancellationToken cancellationToken)
    {
        if (_company is not { } company)
        {
            var found = await client.ListAsync(BusinessCentralClient.Standard, "companies", $"$filter=name eq {BusinessCentralClient.Literal(options.Company)}", cancellationToken);
            if (found.Count != 1)
            {
                throw new BusinessCentralRefusalException(0, "COMPANY_UNKNOWN", $"Business Central has no company '{options.Company}'.");
            }

            var path = $"companies({found[0]["id"]})";
            var information = await client.ListAsync(BusinessCentralClient.Standard, $"{path}/companyInformation", "$select=currencyCode", cancellationToken);
            _company = company = (path, information is [var one, ..] ? one["currencyCode"]?.ToString() ?? "" : "");
        }

        return company;
    }

    public async Task<IReadOnlyList<string>> CheckAsync(ErpMapping mapping, Func<string, ErpJournal> itemJournals, CancellationToken cancellationToken)
    {
        string path;
        string currency;
        try
        {
            (path, currency) = await CompanyAsync(cancellationToken);
        }
        catch (BusinessCentralRefusalException unknown)
        {
            return [unknown.Message];
        }

        List<string> problems = [];
        if (currency.Length == 0 && mapping.Accounts.Any())
        {
            problems.Add($"Company '{options.Company}' has no currency code (LCY Code, in its General Ledger Setup).");
        }

        foreach (var place in mapping.Places.Where(BusinessCentralPlaces.IsLocation))
        {
            await FindAsync("locations", "code", place, "location", _ => null);
        }

        foreach (var account in mapping.Accounts)
        {
            await FindAsync("accounts", "number", account, "account", found => found["accountType"]?.ToString() != "Posting" || found["directPosting"]?.GetValue<bool>() != true
                ? $"Nothing can be posted directly to account '{account}'."
                : null);
        }

        foreach (var product in mapping.Products)
        {
            await FindAsync("items", "number", product, "item", _ => null);
        }

        if (!await itemJournals(path).IsPublishedAsync(cancellationToken))
        {
            problems.Add("The extension that publishes item journals is not installed (connectors/Erp/BusinessCentral/Extension).");
        }

        return problems;

        async Task FindAsync(string entities, string key, string value, string what, Func<JsonObject, string?> problemOf)
        {
            if (_found.Contains((entities, value)))
            {
                return;
            }

            var found = await client.ListAsync(BusinessCentralClient.Standard, $"{path}/{entities}", $"$filter={key} eq {BusinessCentralClient.Literal(value)}", cancellationToken);
            if ((found is [var one, ..] ? problemOf(one) : $"Business Central has no {what} '{value}'.") is { } problem)
            {
                problems.Add(problem);
            }
            else
            {
                _found.Add((entities, value));
            }
        }
    }
}
