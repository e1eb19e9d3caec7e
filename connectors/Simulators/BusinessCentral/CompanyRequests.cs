using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace StockAuthority.Connectors.Simulators.BusinessCentral;

/// <summary>One request about the company, alone or as a part of a $batch.</summary>
/// <param name="Service"><c>v2.0</c>, or the extension's.</param>
/// <param name="Path">For example <c>companies(…)/journals(…)/journalLines</c>.</param>
internal sealed record CompanyRequest(string Method, string Service, string Path, string Query, string IfMatch, JsonObject? Body, BooksState? Replica);

/// <summary>API v2.0 as far as journals are posted, and the extension's item journals, which are like its general ones.</summary>
internal sealed partial class CompanyRequests(CompanyBooks books)
{
    public const string Standard = "v2.0";
    public const string Extension = "stockauthority/stock/v1.0";
    private const int LongestCode = 10;
    private const int LongestName = 100;

    /// <summary>The state after it and the answer. A null next page is none.</summary>
    public (BooksState State, HttpStatusCode Status, JsonObject? Body) Execute(BooksState state, CompanyRequest request, string address)
    {
        var setup = books.Setup;
        if (request.Service == Extension && !setup.HasExtension)
        {
            throw ODataError.NotFound(request.Service);
        }

        var segments = request.Path.Split('/').Select(each => SegmentForm().Match(each)).ToArray();
        if (segments.Any(each => !each.Success))
        {
            throw ODataError.NotFound(request.Path);
        }

        string Name(int index) => index < segments.Length ? segments[index].Groups["name"].Value : "";
        string Key(int index) => segments[index].Groups["key"].Value;
        if (Name(0) == "companies" && segments.Length == 1 && Key(0).Length == 0 && request.Method == "GET")
        {
            return (state, HttpStatusCode.OK, List([new JsonObject { ["id"] = books.CompanyId.ToString(), ["name"] = setup.Name, ["displayName"] = setup.Name }], request, address));
        }

        if (Name(0) != "companies" || Key(0) != books.CompanyId.ToString() || segments.Length == 1)
        {
            throw ODataError.NotFound(Name(0));
        }

        var isOfItems = request.Service == Extension;
        if (Name(1) != (isOfItems ? "itemJournals" : "journals"))
        {
            return request.Method == "GET" && segments.Length == 2 && Key(1).Length == 0 && !isOfItems
                ? (state, HttpStatusCode.OK, List(Entities(Name(1), request.Replica ?? state, setup), request, address))
                : throw ODataError.NotFound(Name(1));
        }

        if (Key(1).Length == 0)
        {
            return request.Method switch
            {
                "GET" => (state, HttpStatusCode.OK, List((request.Replica ?? state).Journals.Where(each => each.IsOfItems == isOfItems).Select(Shown), request, address)),
                "POST" => Create(state, request.Body, isOfItems),
                _ => throw NotAllowed(request),
            };
        }

        var journal = state.Journals.Find(each => each.Id.ToString() == Key(1) && each.IsOfItems == isOfItems) ?? throw ODataError.NotFound(Name(1));
        return (request.Method, Name(2)) switch
        {
            ("DELETE", "") => (state with { Journals = state.Journals.Remove(Matching(journal, request.IfMatch)) }, HttpStatusCode.NoContent, null),
            ("POST", "Microsoft.NAV.post") => (books.Post(state, journal), HttpStatusCode.NoContent, null),
            ("GET", "journalLines" or "itemJournalLines") => (state, HttpStatusCode.OK, List(journal.Lines, request, address)),
            ("POST", "journalLines" or "itemJournalLines") when (Name(2) == "itemJournalLines") == isOfItems => Insert(state, journal, request.Body, setup),
            _ => throw ODataError.NotFound(Name(2)),
        };
    }

    private static JsonObject Shown(SimulatedJournal journal) => new()
    {
        ["@odata.etag"] = journal.Etag,
        ["id"] = journal.Id.ToString(),
        ["code"] = journal.Code,
        ["displayName"] = journal.DisplayName,
        [journal.IsOfItems ? "templateType" : "templateDisplayName"] = journal.Template,
    };

    private static IEnumerable<JsonObject> Entities(string name, BooksState state, CompanySetup setup) => name switch
    {
        "companyInformation" => [new JsonObject { ["displayName"] = setup.Name, ["currencyCode"] = setup.CurrencyCode }],
        "accounts" => setup.Accounts.Select(each => new JsonObject
        {
            ["number"] = each,
            ["displayName"] = each,
            ["blocked"] = setup.BlockedAccounts.Contains(each, StringComparer.Ordinal),
            ["accountType"] = "Posting",
            ["directPosting"] = true,
        }),
        "items" => setup.Items.Select(each => new JsonObject { ["number"] = each, ["displayName"] = each, ["type"] = "Inventory" }),
        "locations" => setup.Locations.Select(each => new JsonObject { ["code"] = each, ["displayName"] = each }),
        "generalLedgerEntries" => state.GeneralLedger,
        "itemLedgerEntries" => state.ItemLedger.Select(each => new JsonObject(each.Where(property => !property.Key.StartsWith('#')).Select(property => KeyValuePair.Create(property.Key, property.Value?.DeepClone())))),
        _ => throw ODataError.NotFound(name),
    };

    private JsonObject List(IEnumerable<JsonObject> entities, CompanyRequest request, string address)
    {
        var (value, next) = new ODataQuery(request.Query).Apply(entities, books.Setup.PageSize);
        var answer = new JsonObject { ["value"] = value };
        if (next is { } skip)
        {
            var others = request.Query.TrimStart('?').Split('&').Where(each => each.Length > 0 && !Uri.UnescapeDataString(each).StartsWith("$skiptoken", StringComparison.Ordinal));
            answer["@odata.nextLink"] = $"{address}?{string.Join('&', others.Append($"$skiptoken={skip}"))}";
        }

        return answer;
    }

    private static (BooksState, HttpStatusCode, JsonObject?) Create(BooksState state, JsonObject? body, bool isOfItems)
    {
        if (body is null || body.Any(each => each.Key is not ("code" or "displayName") && !(isOfItems && each.Key == "templateType")))
        {
            throw ODataError.Bad("Invalid Request Body");
        }

        var (code, name) = (body["code"]?.ToString().ToUpperInvariant() ?? "", body["displayName"]?.ToString() ?? "");
        var template = isOfItems ? body["templateType"]?.ToString() ?? "Item" : "GENERAL";
        if (code.Length == 0)
        {
            throw ODataError.Application("FieldValidationException", "Name must have a value in Journal Batch. It cannot be zero or empty.");
        }

        if (code.Length > LongestCode || name.Length > LongestName)
        {
            throw ODataError.Application("StringExceededLength", "The length of the string must be less than or equal to 10 (code) or 100 (displayName) characters.");
        }

        if (isOfItems && template is not ("Item" or "Transfer"))
        {
            throw ODataError.Application("EvaluateException", $"The value \"{template}\" cannot be evaluated into type Option.");
        }

        if (state.Journals.Any(each => each.IsOfItems == isOfItems && each.Template == template && each.Code == code))
        {
            throw new ODataError(HttpStatusCode.BadRequest, "Internal_EntityWithSameKeyExists", $"The record in table Journal Batch already exists. Identification fields and values: Name='{code}'");
        }

        var journal = new SimulatedJournal(Guid.NewGuid(), isOfItems, template, code, name, 1, []);
        return (state with { Journals = state.Journals.Add(journal) }, HttpStatusCode.Created, Shown(journal));
    }

    private static (BooksState, HttpStatusCode, JsonObject?) Insert(BooksState state, SimulatedJournal journal, JsonObject? body, CompanySetup setup)
    {
        var line = JournalLineRules.Inserted(journal, body ?? throw ODataError.Bad("Invalid Request Body"), setup);
        return (
            state with { Journals = state.Journals.Replace(journal, journal with { Lines = journal.Lines.Add(line) }) },
            HttpStatusCode.Created,
            line.DeepClone().AsObject());
    }

    private static SimulatedJournal Matching(SimulatedJournal journal, string ifMatch) => ifMatch switch
    {
        "" => throw new ODataError(HttpStatusCode.BadRequest, "BadRequest_InvalidToken", "Could not validate the client concurrency token required by the service. Please provide a valid token in the client request."),
        "*" => journal,
        _ when ifMatch == journal.Etag => journal,
        _ => throw new ODataError(HttpStatusCode.Conflict, "Request_EntityChanged", "Another user has already changed the record."),
    };

    private static ODataError NotAllowed(CompanyRequest request) =>
        new(HttpStatusCode.MethodNotAllowed, "BadRequest_MethodNotAllowed", $"'{request.Method}' requests are not allowed within Microsoft Dynamics NAV OData web services.");

    [GeneratedRegex(@"^(?<name>[A-Za-z.]+)(\((?<key>[0-9a-f-]+)\))?$")]
    private static partial Regex SegmentForm();
}
