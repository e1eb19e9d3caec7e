using System.Globalization;
using System.Text.Json.Nodes;
using StockAuthority.Connectors.Erp.Mapping;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Journal;

namespace StockAuthority.Connectors.Erp.BusinessCentral;

/// <summary>
/// Books movements as item ledger entries, ledger actions as general ledger entries; a document's number is its origin. Before each attempt the
/// journals of those before it are withdrawn, so nothing of them can come late, and then the ledger is asked: what it has is booked, what it
/// has not never will be but by this attempt. See docs/decisions/0016.
/// </summary>
internal sealed class BusinessCentralChannel(BusinessCentralClient client, ErpMapping mapping, BusinessCentralOptions options, ConnectorOptions connector, TimeProvider clock) : IJournalChannel
{
    private const int DescriptionLength = 100;
    private const int ExternalNumberLength = 35;
    private const int CommentLength = 250;

    private readonly BusinessCentralCatalogue _catalogue = new(client, options);

    /// <summary>Numbers that the last look found as somebody else's.</summary>
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    public string Name => "business-central";

    public int MaxEntriesPerPost => 100;

    private string Owner => Shortened($"stockauthority:{connector.TenantId}", DescriptionLength);

    public bool Concerns(JournalEntry entry) => entry switch
    {
        // An unmapped location concerns us: somebody has to hear of it.
        JournalEntry.Goods goods => mapping.Goods(goods.Movement) is not { } mapped || mapped.From != mapped.To,
        JournalEntry.Ledger ledger => mapping.AccountsFor(ledger.Intent.LedgerAction).Count > 0,
        _ => false,
    };

    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) =>
        _catalogue.CheckAsync(mapping, path => Journal(path, ErpJournal.Items), cancellationToken);

    public async Task<IReadOnlyDictionary<string, PostedDocument>> FindAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellationToken)
    {
        var (path, _) = await _catalogue.CompanyAsync(cancellationToken);
        Dictionary<string, PostedDocument> found = new(StringComparer.Ordinal);
        _taken.Clear();
        foreach (var same in entries.GroupBy(entry => entry is JournalEntry.Goods ? ErpJournal.Items : ErpJournal.General))
        {
            var journal = Journal(path, same.Key);
            await journal.WithdrawAsync(cancellationToken);
            foreach (var (number, posted) in await journal.PostedAsync([.. same.Select(Document)], cancellationToken))
            {
                if (posted.IsOurs)
                {
                    found[same.Single(entry => DocumentNumbers.Of(options.NumberPrefix, entry) == number).Origin] = posted.Document;
                }
                else
                {
                    _taken.Add(number);
                }
            }
        }

        return found;
    }

    public async Task<PostResult> PostAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellationToken)
    {
        List<JsonObject> lines = [];
        try
        {
            var (path, currency) = await _catalogue.CompanyAsync(cancellationToken);
            var general = Journal(path, ErpJournal.General);
            var items = Journal(path, ErpJournal.Items);
            JsonObject[] ledger = [.. entries.OfType<JournalEntry.Ledger>().SelectMany(entry => LedgerLines(entry, currency))];
            var goods = entries.OfType<JournalEntry.Goods>().ToLookup(entry => BusinessCentralPlaces.IsTransfer(Mapped(entry)), GoodsLine);
            lines = [.. ledger, .. goods.SelectMany(same => same)];
            if (ledger.Length > 0)
            {
                await general.PostAsync([], ledger, cancellationToken);
            }

            foreach (var same in goods)
            {
                await items.PostAsync([KeyValuePair.Create("templateType", same.Key ? "Transfer" : "Item")], [.. same], cancellationToken);
            }

            Dictionary<string, PostedDocument> posted = new(StringComparer.Ordinal);
            foreach (var same in entries.GroupBy(entry => entry is JournalEntry.Goods ? items : general))
            {
                var documents = await same.Key.PostedAsync([.. same.Select(Document)], cancellationToken);
                foreach (var entry in same)
                {
                    var number = DocumentNumbers.Of(options.NumberPrefix, entry);

                    // What was posted and is not in the ledger under its number must not be posted again for that.
                    posted[entry.Origin] = documents.TryGetValue(number, out var document) ? document.Document : new PostedDocument(number, clock.GetUtcNow());
                }
            }

            return new PostResult.Posted(posted);
        }
        catch (BusinessCentralRefusalException refusal)
        {
            // Nobody is to post by hand what becomes a case; and of two same requests the second is refused.
            var found = await FindAsync(entries, cancellationToken);
            return entries.All(entry => found.ContainsKey(entry.Origin))
                ? new PostResult.Posted(found)
                : new PostResult.Refused(new Refusal(refusal.Status, refusal.Code, null, refusal.Message, entries[0].Origin, null), string.Join('\n', lines.Select(line => line.ToJsonString())));
        }
    }

    private ErpJournal Journal(string path, ErpJournal.Kind kind) => new(client, path, Owner, options.NumberPrefix, kind);

    private ErpDocument Document(JournalEntry entry) => new(DocumentNumbers.Of(options.NumberPrefix, entry), Shortened($"stockauthority:{connector.TenantId}:{entry.Origin}", DescriptionLength));

    private ErpGoods Mapped(JournalEntry.Goods entry) =>
        mapping.Goods(entry.Movement) ?? throw new BusinessCentralRefusalException(0, "LOCATION_NOT_MAPPED", $"Location '{entry.Movement.LocationId}' is not mapped.");

    private JsonObject GoodsLine(JournalEntry.Goods entry)
    {
        var goods = Mapped(entry);
        var line = BusinessCentralPlaces.Line(goods);
        line["itemNumber"] = goods.Product;
        Describe(line, entry, (entry.Movement.OccurTime ?? entry.Movement.RecordTime).ToDateTimeOffset(), entry.Movement.OrderRef);
        return line;
    }

    private IEnumerable<JsonObject> LedgerLines(JournalEntry.Ledger entry, string currency)
    {
        var intent = entry.Intent;
        if (intent.Amount is not { } amount)
        {
            throw new BusinessCentralRefusalException(0, "AMOUNT_UNKNOWN", $"No event said the amount of {entry.Origin}.");
        }

        // API v2.0 has no currency on a journal line: it is in the company's own.
        if (amount.Currency != currency)
        {
            throw new BusinessCentralRefusalException(0, "CURRENCY_NOT_BOOKED", $"{entry.Origin} is in {amount.Currency}, and the company's currency is {currency}.");
        }

        foreach (var accounts in mapping.AccountsFor(intent.LedgerAction))
        {
            var line = new JsonObject
            {
                ["accountType"] = "G/L Account",
                ["accountNumber"] = accounts.Debit,
                ["balanceAccountType"] = "G/L Account",
                ["balancingAccountNumber"] = accounts.Credit,
                ["amount"] = Currencies.Amount(amount.Currency, amount.MinorUnits),
                ["comment"] = Shortened(string.Create(CultureInfo.InvariantCulture, $"{intent.OrderRef} {intent.Provider} {intent.PaymentObjectId} {intent.ProviderEventId}"), CommentLength),
            };
            Describe(line, entry, intent.OccurTime.ToDateTimeOffset(), intent.OrderRef);
            yield return line;
        }
    }

    private void Describe(JsonObject line, JournalEntry entry, DateTimeOffset happenedAt, string orderRef)
    {
        var document = Document(entry);
        if (_taken.Contains(document.Number))
        {
            throw new BusinessCentralRefusalException(
                0, "DOCUMENT_NUMBER_TAKEN", $"Business Central has a document {document.Number} that is not of {entry.Origin}: give this tenant another BusinessCentral:NumberPrefix.");
        }

        line["postingDate"] = happenedAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        line["documentNumber"] = document.Number;
        line["externalDocumentNumber"] = Shortened(orderRef, ExternalNumberLength);
        line["description"] = document.Description;
    }

    private static string Shortened(string text, int length) => text.Length <= length ? text : text[..length];
}
