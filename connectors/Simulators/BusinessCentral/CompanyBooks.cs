using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace StockAuthority.Connectors.Simulators.BusinessCentral;

/// <summary>A journal (a batch of a template) with its lines; nothing in it is ever changed in place.</summary>
internal sealed record SimulatedJournal(Guid Id, bool IsOfItems, string Template, string Code, string DisplayName, int Version, ImmutableList<JsonObject> Lines)
{
    public string Etag => $"W/\"{Id:N}{Version}\"";
}

/// <summary>All that requests change.</summary>
internal sealed record BooksState(ImmutableList<SimulatedJournal> Journals, ImmutableList<JsonObject> GeneralLedger, ImmutableList<JsonObject> ItemLedger);

/// <summary>The company's journals and ledgers. Requests run one after the other, each a transaction: what fails leaves nothing behind.</summary>
internal sealed class CompanyBooks(TimeProvider clock)
{
    private const int MostKept = 10_000;
    private readonly Lock _lock = new();
    private readonly Queue<(DateTimeOffset Until, BooksState State)> _earlier = [];
    private BooksState _state = new([], [], []);
    private CompanySetup _setup = new();

    public Guid CompanyId { get; } = Guid.NewGuid();

    public CompanySetup Setup
    {
        get
        {
            lock (_lock)
            {
                return _setup;
            }
        }

        set
        {
            lock (_lock)
            {
                _setup = value;
            }
        }
    }

    public BooksState State
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    /// <summary>As a replica shows it that is so far behind.</summary>
    public BooksState Behind(TimeSpan lag)
    {
        lock (_lock)
        {
            var at = clock.GetUtcNow() - lag;
            return _earlier.Where(each => each.Until > at).Select(each => each.State).FirstOrDefault(_state);
        }
    }

    public T Change<T>(Func<BooksState, (BooksState State, T Answer)> change)
    {
        lock (_lock)
        {
            var (state, answer) = change(_state);
            if (!ReferenceEquals(state, _state))
            {
                _earlier.Enqueue((clock.GetUtcNow(), _state));
                if (_earlier.Count > MostKept)
                {
                    _earlier.Dequeue();
                }

                _state = state;
            }

            return answer;
        }
    }

    /// <summary>Posts all lines of a journal, which deletes them, or fails.</summary>
    public BooksState Post(BooksState state, SimulatedJournal journal)
    {
        if (journal.Lines.Count == 0)
        {
            throw ODataError.Application("DialogException", "There is nothing to post.");
        }

        var posted = state with { Journals = state.Journals.Replace(journal, journal with { Version = journal.Version + 1, Lines = [] }) };
        foreach (var line in journal.Lines)
        {
            if (Text(line, "documentNumber").Length == 0)
            {
                throw ODataError.Application("FieldValidationException", $"Document No. must have a value in Journal Line: Line No.={line["lineNumber"]}. It cannot be zero or empty.");
            }

            posted = journal.IsOfItems ? PostItem(posted, line) : PostGeneral(posted, line);
        }

        return posted;
    }

    private BooksState PostGeneral(BooksState state, JsonObject line)
    {
        var amount = line["amount"]!.GetValue<decimal>();
        var (account, balancing) = (Text(line, "accountNumber"), Text(line, "balancingAccountNumber"));
        if (balancing.Length == 0)
        {
            throw ODataError.Application("DialogException", $"Document No. {Text(line, "documentNumber")} is out of balance by {amount}.");
        }

        if (new[] { account, balancing }.FirstOrDefault(each => _setup.BlockedAccounts.Contains(each, StringComparer.Ordinal)) is { } blocked)
        {
            throw ODataError.Application("FieldValidationException", $"Blocked must be equal to 'No'  in G/L Account: No.={blocked}. Current value is 'Yes'.");
        }

        return state with { GeneralLedger = state.GeneralLedger.Add(Entry(account, amount, 1)).Add(Entry(balancing, -amount, 2)) };

        JsonObject Entry(string number, decimal value, int of) => new()
        {
            ["id"] = Guid.NewGuid().ToString(),
            ["entryNumber"] = state.GeneralLedger.Count + of,
            ["postingDate"] = Text(line, "postingDate"),
            ["documentNumber"] = Text(line, "documentNumber"),
            ["documentType"] = " ",
            ["accountNumber"] = number,
            ["description"] = Text(line, "description"),
            ["debitAmount"] = Math.Max(value, 0),
            ["creditAmount"] = Math.Max(-value, 0),
            ["lastModifiedDateTime"] = Now(),
        };
    }

    private BooksState PostItem(BooksState state, JsonObject line)
    {
        var (type, item, quantity) = (Text(line, "entryType"), Text(line, "itemNumber"), line["quantity"]!.GetValue<decimal>());
        if (_setup.BlockedItems.Contains(item, StringComparer.Ordinal))
        {
            throw ODataError.Application("FieldValidationException", $"Blocked must be equal to 'No'  in Item: No.={item}. Current value is 'Yes'.");
        }

        var (location, newLocation) = (Text(line, "locationCode"), Text(line, "newLocationCode"));
        if (type == "Transfer")
        {
            if (newLocation.Length == 0)
            {
                throw ODataError.Application("FieldValidationException", "New Location Code must have a value in Item Journal Line. It cannot be zero or empty.");
            }

            return state with { ItemLedger = state.ItemLedger.Add(Entry(location, -quantity, 1)).Add(Entry(newLocation, quantity, 2)) };
        }

        return state with { ItemLedger = state.ItemLedger.Add(Entry(location, type is "Sale" or "Negative Adjmt." ? -quantity : quantity, 1)) };

        JsonObject Entry(string at, decimal units, int of) => new()
        {
            ["id"] = Guid.NewGuid().ToString(),
            ["entryNumber"] = state.ItemLedger.Count + of,
            ["itemNumber"] = item,
            ["postingDate"] = Text(line, "postingDate"),
            ["entryType"] = type,
            ["sourceNumber"] = "",
            ["sourceType"] = " ",
            ["documentNumber"] = Text(line, "documentNumber"),
            ["documentType"] = " ",
            ["description"] = Text(line, "description"),
            ["quantity"] = units,
            ["salesAmountActual"] = 0,
            ["costAmountActual"] = 0,
            ["lastModifiedDateTime"] = Now(),

            // Not published by API v2.0; the control interface shows it.
            ["#location"] = at,
        };
    }

    private string Now() => clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Text(JsonObject line, string name) => line[name]?.ToString() ?? "";
}
