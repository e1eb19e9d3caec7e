using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using StockAuthority.Connectors.Runtime.Journal;

namespace StockAuthority.Connectors.Erp.BusinessCentral;

/// <summary>A document with its number and, for people, its origin.</summary>
internal sealed record ErpDocument(string Number, string Description);

/// <summary>
/// One kind of journal and the ledger that it is posted to. Each attempt has a journal (a batch, in the client's words) of its own, known by its
/// id to that attempt only. Withdrawing it ends whatever the attempt still has under way: late lines and a late "post" find no journal.
/// </summary>
internal sealed class ErpJournal(BusinessCentralClient client, string company, string owner, string prefix, ErpJournal.Kind kind)
{
    private const int CodeLength = 10;
    private const int LineNumberStep = 10_000;
    private const int NumbersPerLookup = 40;
    private const string CodeLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// <param name="Service">Under the API root.</param>
    /// <param name="Journals">The entity set of the journals.</param>
    /// <param name="Lines">The entity set of their lines.</param>
    /// <param name="Ledger">The entity set, of API v2.0, of what is posted.</param>
    /// <param name="Entry">What one of those is called.</param>
    public sealed record Kind(string Service, string Journals, string Lines, string Ledger, string Entry);

    /// <summary>Ledger actions: general journals as API v2.0 publishes them.</summary>
    public static Kind General { get; } = new(BusinessCentralClient.Standard, "journals", "journalLines", "generalLedgerEntries", "generalLedgerEntry");

    /// <summary>Goods: item journals as the extension beside this file publishes them.</summary>
    public static Kind Items { get; } = new("stockauthority/stock/v1.0", "itemJournals", "itemJournalLines", "itemLedgerEntries", "itemLedgerEntry");

    /// <summary>Deletes the journals of earlier attempts, with what is in them. What they posted stays.</summary>
    public async Task WithdrawAsync(CancellationToken cancellationToken)
    {
        foreach (var journal in await client.ListAsync(kind.Service, $"{company}/{kind.Journals}", $"$filter=displayName eq {BusinessCentralClient.Literal(owner)}", cancellationToken))
        {
            // People may give a journal of theirs our name, but hardly our code too.
            if (journal["code"]?.ToString() is { Length: CodeLength } code && code.StartsWith(prefix, StringComparison.Ordinal))
            {
                await client.DeleteAsync(kind.Service, $"{company}/{kind.Journals}({journal["id"]})", journal["@odata.etag"]?.ToString() ?? "*", cancellationToken);
            }
        }
    }

    /// <summary>The ledger's entries of these numbers: the first of each, and whether it says our origin.</summary>
    public async Task<IReadOnlyDictionary<string, (PostedDocument Document, bool IsOurs)>> PostedAsync(IReadOnlyList<ErpDocument> documents, CancellationToken cancellationToken)
    {
        Dictionary<string, (PostedDocument, bool)> posted = new(StringComparer.Ordinal);
        foreach (var part in documents.Chunk(NumbersPerLookup))
        {
            var numbers = string.Join(" or ", part.Select(each => $"documentNumber eq {BusinessCentralClient.Literal(each.Number)}"));
            var entries = await client.ListAsync(
                BusinessCentralClient.Standard, $"{company}/{kind.Ledger}", $"$filter={numbers}&$select=entryNumber,documentNumber,description,lastModifiedDateTime", cancellationToken);
            foreach (var same in entries.GroupBy(entry => entry["documentNumber"]!.ToString()))
            {
                var first = same.MinBy(entry => entry["entryNumber"]!.GetValue<long>())!;
                var expected = part.Single(each => each.Number == same.Key).Description;
                posted[same.Key] = (
                    new PostedDocument(
                        string.Create(CultureInfo.InvariantCulture, $"{kind.Entry},{first["entryNumber"]}"),
                        DateTimeOffset.Parse(first["lastModifiedDateTime"]!.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)),
                    same.Any(entry => entry["description"]?.ToString() == expected));
            }
        }

        return posted;
    }

    /// <summary>Posts these lines, all or none.</summary>
    /// <param name="properties">Of the journal, beside its code and name.</param>
    /// <param name="lines">With their document numbers.</param>
    /// <param name="cancellationToken">Gives up. What is under way is ended by the next withdrawal.</param>
    public async Task PostAsync(IEnumerable<KeyValuePair<string, string>> properties, IReadOnlyList<JsonObject> lines, CancellationToken cancellationToken)
    {
        var entity = new JsonObject { ["code"] = prefix + Random.Shared.GetString(CodeLetters, CodeLength - prefix.Length), ["displayName"] = owner };
        foreach (var (name, value) in properties)
        {
            entity[name] = value;
        }

        var journal = await client.CreateAsync(kind.Service, $"{company}/{kind.Journals}", entity, cancellationToken);
        var path = $"{company}/{kind.Journals}({journal["id"]})";

        // Numbered by us, the same lines cannot come twice.
        for (var index = 0; index < lines.Count; index++)
        {
            lines[index]["lineNumber"] = (index + 1) * LineNumberStep;
        }

        await client.CreateAllAsync(kind.Service, $"{path}/{kind.Lines}", lines, cancellationToken);
        await client.ActAsync(kind.Service, $"{path}/Microsoft.NAV.post", cancellationToken);
    }

    /// <summary>Whether there are such journals at all.</summary>
    public async Task<bool> IsPublishedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await client.ListAsync(kind.Service, $"{company}/{kind.Journals}", "$top=1", cancellationToken);
            return true;
        }
        catch (BusinessCentralUnavailableException missing) when (missing.Status == HttpStatusCode.NotFound)
        {
            return false;
        }
    }
}
