using System.Globalization;
using System.Text.Json.Nodes;
using StockAuthority.Connectors.Erp.Mapping;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Journal;

namespace StockAuthority.Connectors.Erp.Tryton;

/// <summary>
/// Books movements as stock moves in state done, ledger actions as posted account moves. Both begin as drafts, which count for
/// nothing, get their origin, and only then count. So whatever attempt was cut off wherever, at most one document with an origin
/// counts: drafts beside it are cancelled before it is finished. An account move has its origin as description; a stock move
/// has no text of its own, so a note on it says its origin.
/// </summary>
internal sealed class TrytonChannel(TrytonRpc rpc, ErpMapping mapping, TrytonOptions options, ConnectorOptions connector) : IJournalChannel
{
    private readonly TrytonCatalogue _catalogue = new(rpc, options);

    public string Name => "tryton";

    public int MaxEntriesPerPost => 100;

    public bool Concerns(JournalEntry entry) => entry switch
    {
        // An unmapped location concerns us: somebody has to hear of it.
        JournalEntry.Goods goods => mapping.Goods(goods.Movement) is not { } mapped || mapped.From != mapped.To,
        JournalEntry.Ledger ledger => mapping.AccountsFor(ledger.Intent.LedgerAction).Count > 0,
        _ => false,
    };

    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) => _catalogue.CheckAsync(mapping, cancellationToken);

    public async Task<IReadOnlyDictionary<string, PostedDocument>> FindAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellationToken)
    {
        Dictionary<string, PostedDocument> found = new(StringComparer.Ordinal);
        foreach (var kind in Kinds(entries))
        {
            var begun = await kind.Documents.BegunAsync([.. kind.Entries.Select(Reference)], cancellationToken);
            if (begun.Count == 0)
            {
                continue;
            }

            try
            {
                var finished = await kind.Documents.FinishAsync(begun, cancellationToken);
                foreach (var entry in kind.Entries.Where(entry => finished.ContainsKey(Reference(entry))))
                {
                    found[entry.Origin] = finished[Reference(entry)];
                }
            }
            catch (TrytonRefusalException)
            {
                // It cannot be finished together, or not at all: booking them says which, and why.
            }
        }

        return found;
    }

    public async Task<PostResult> PostAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellationToken)
    {
        try
        {
            Dictionary<string, PostedDocument> posted = new(StringComparer.Ordinal);
            foreach (var kind in Kinds(entries))
            {
                var drafts = new List<(string Reference, JsonObject Draft)>();
                foreach (var entry in kind.Entries)
                {
                    drafts.Add((Reference(entry), await DraftAsync(entry, cancellationToken)));
                }

                // Of what is there as a draft that could not be finished before, no second one is made; of what people withdrew, one is.
                var known = await kind.Documents.FinishAsync(
                    await kind.Documents.BegunAsync([.. drafts.Select(each => each.Reference)], cancellationToken), cancellationToken);
                var begun = await kind.Documents.BeginAsync([.. drafts.Where(each => !known.ContainsKey(each.Reference))], cancellationToken);
                var finished = await kind.Documents.FinishAsync(begun, cancellationToken);
                foreach (var entry in kind.Entries)
                {
                    posted[entry.Origin] = known.GetValueOrDefault(Reference(entry)) ?? finished[Reference(entry)];
                }
            }

            return new PostResult.Posted(posted);
        }
        catch (TrytonRefusalException refusal)
        {
            return new PostResult.Refused(new Refusal(200, refusal.Code, null, refusal.Message, entries[0].Origin, null));
        }
        catch (TrytonFaultException fault)
        {
            return new PostResult.Unavailable(fault.Message, IsAnswer: true);
        }
    }

    /// <summary>The origin as Tryton has it: one Tryton may serve several tenants.</summary>
    private string Reference(JournalEntry entry) => $"stockauthority:{connector.TenantId}:{entry.Origin}";

    private IEnumerable<(TrytonDocuments Documents, JournalEntry[] Entries)> Kinds(IReadOnlyList<JournalEntry> entries)
    {
        JournalEntry[] goods = [.. entries.OfType<JournalEntry.Goods>()];
        JournalEntry[] ledger = [.. entries.OfType<JournalEntry.Ledger>()];
        if (goods.Length > 0)
        {
            yield return (new StockMoves(rpc), goods);
        }

        if (ledger.Length > 0)
        {
            yield return (new AccountMoves(rpc), ledger);
        }
    }

    private Task<JsonObject> DraftAsync(JournalEntry entry, CancellationToken cancellationToken) => entry switch
    {
        JournalEntry.Goods goods => GoodsDraftAsync(goods, cancellationToken),
        JournalEntry.Ledger ledger => LedgerDraftAsync(ledger, cancellationToken),
        _ => throw new InvalidOperationException("An entry of an unknown kind."),
    };

    private async Task<JsonObject> GoodsDraftAsync(JournalEntry.Goods entry, CancellationToken cancellationToken)
    {
        var movement = entry.Movement;
        var goods = mapping.Goods(movement) ?? throw new TrytonRefusalException("LOCATION_NOT_MAPPED", $"Location '{movement.LocationId}' is not mapped.");
        var product = await _catalogue.ProductAsync(goods.Product, cancellationToken);
        return new JsonObject
        {
            ["company"] = rpc.Company,
            ["product"] = product.Id,
            ["uom"] = product.Unit,
            ["quantity"] = (double)goods.Quantity,
            ["from_location"] = await _catalogue.PlaceAsync(goods.From, cancellationToken),
            ["to_location"] = await _catalogue.PlaceAsync(goods.To, cancellationToken),
            ["currency"] = (await _catalogue.CurrencyAsync(cancellationToken)).Id,

            // At cost, so that an average cost price stays what it is.
            ["unit_price"] = TrytonRpc.Decimal(product.CostPrice),
            ["effective_date"] = TrytonRpc.Date((movement.OccurTime ?? movement.RecordTime).ToDateTimeOffset()),
        };
    }

    private async Task<JsonObject> LedgerDraftAsync(JournalEntry.Ledger entry, CancellationToken cancellationToken)
    {
        var intent = entry.Intent;
        if (intent.Amount is not { } amount)
        {
            throw new TrytonRefusalException("AMOUNT_UNKNOWN", $"No event said the amount of {entry.Origin}.");
        }

        var currency = await _catalogue.CurrencyAsync(cancellationToken);
        if (amount.Currency != currency.Code)
        {
            throw new TrytonRefusalException("CURRENCY_NOT_BOOKED", $"{entry.Origin} is in {amount.Currency}, and the company's currency is {currency.Code}.");
        }

        var value = Currencies.Amount(amount.Currency, amount.MinorUnits);
        JsonArray lines = [];
        foreach (var accounts in mapping.AccountsFor(intent.LedgerAction))
        {
            lines.Add(await LineAsync(accounts.Debit, value, 0));
            lines.Add(await LineAsync(accounts.Credit, 0, value));
        }

        return new JsonObject
        {
            ["company"] = rpc.Company,
            ["journal"] = await _catalogue.JournalAsync(cancellationToken),
            ["date"] = TrytonRpc.Date(intent.OccurTime.ToDateTimeOffset()),
            ["description"] = Reference(entry),
            ["lines"] = new JsonArray(new JsonArray("create", lines)),
        };

        async Task<JsonObject> LineAsync(string account, decimal debit, decimal credit) => new()
        {
            ["account"] = await _catalogue.AccountAsync(account, cancellationToken),
            ["debit"] = TrytonRpc.Decimal(debit),
            ["credit"] = TrytonRpc.Decimal(credit),
            ["description"] = string.Create(CultureInfo.InvariantCulture, $"{intent.OrderRef} {intent.Provider} {intent.PaymentObjectId} {intent.ProviderEventId}"),
        };
    }
}
