using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace StockAuthority.Connectors.Simulators.BusinessCentral;

/// <summary>What a journal line may say, as the tables behind the API pages check it when it is inserted.</summary>
internal static class JournalLineRules
{
    private const int LineNumberStep = 10_000;

    private static readonly Dictionary<string, int> GeneralTexts = Limits(
        (10, "postingDate"),
        (20, "accountType accountNumber balanceAccountType balancingAccountNumber documentNumber taxCode"),
        (35, "externalDocumentNumber"),
        (100, "description"),
        (250, "comment"));

    private static readonly Dictionary<string, int> ItemTexts = Limits(
        (10, "postingDate locationCode newLocationCode"),
        (20, "entryType itemNumber documentNumber"),
        (35, "externalDocumentNumber"),
        (100, "description"));

    /// <summary>Fields of type Code are kept in upper case.</summary>
    private static readonly string[] Codes = ["accountNumber", "balancingAccountNumber", "documentNumber", "externalDocumentNumber", "itemNumber", "locationCode", "newLocationCode"];

    /// <summary>The line as it is kept.</summary>
    public static JsonObject Inserted(SimulatedJournal journal, JsonObject given, CompanySetup setup)
    {
        var texts = journal.IsOfItems ? ItemTexts : GeneralTexts;
        var amount = journal.IsOfItems ? "quantity" : "amount";
        var line = new JsonObject { ["id"] = Guid.NewGuid().ToString(), ["lineNumber"] = 0, [amount] = 0m };
        foreach (var (name, _) in texts)
        {
            line[name] = "";
        }

        foreach (var (name, value) in given)
        {
            if (texts.TryGetValue(name, out var longest))
            {
                line[name] = Text(name, value, longest);
            }
            else if (name == amount || name == "lineNumber")
            {
                line[name] = value is JsonValue number && number.GetValueKind() == JsonValueKind.Number
                    ? number.DeepClone()
                    : throw ODataError.Bad($"Cannot convert the property '{name}' to a number.");
            }
            else
            {
                throw ODataError.Bad($"The property '{name}' does not exist on type 'Microsoft.NAV.{(journal.IsOfItems ? "itemJournalLine" : "journalLine")}'.");
            }
        }

        line[amount] = decimal.Parse(line[amount]!.ToString(), CultureInfo.InvariantCulture);
        Number(journal, line);
        if (!DateOnly.TryParseExact(line["postingDate"]!.ToString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
        {
            throw ODataError.Bad("Unable to convert value to Date.");
        }

        if (journal.IsOfItems)
        {
            CheckItem(journal, line, setup);
        }
        else
        {
            CheckGeneral(line, setup);
        }

        return line;
    }

    private static Dictionary<string, int> Limits(params (int Longest, string Names)[] limits) =>
        limits.SelectMany(each => each.Names.Split(' ').Select(name => (name, each.Longest))).ToDictionary(each => each.name, each => each.Longest, StringComparer.Ordinal);

    private static void Number(SimulatedJournal journal, JsonObject line)
    {
        var number = line["lineNumber"]!.GetValue<int>();
        if (number == 0)
        {
            line["lineNumber"] = journal.Lines.Select(each => each["lineNumber"]!.GetValue<int>()).DefaultIfEmpty(0).Max() + LineNumberStep;
        }
        else if (journal.Lines.Any(each => each["lineNumber"]!.GetValue<int>() == number))
        {
            throw new ODataError(
                System.Net.HttpStatusCode.BadRequest, "Internal_EntityWithSameKeyExists", $"The record in table Journal Line already exists. Identification fields and values: Batch='{journal.Code}',Line No.='{number}'");
        }
    }

    private static string Text(string name, JsonNode? value, int longest)
    {
        var text = value?.ToString() ?? "";
        if (text.Length > longest)
        {
            throw ODataError.Application("StringExceededLength", $"The length of the string is {text.Length}, but it must be less than or equal to {longest} characters. Value: {text}");
        }

        return Codes.Contains(name, StringComparer.Ordinal) ? text.Trim().ToUpperInvariant() : text;
    }

    private static void CheckGeneral(JsonObject line, CompanySetup setup)
    {
        if (line["accountType"]!.ToString() is not ("G/L Account" or ""))
        {
            throw ODataError.Bad($"The simulator knows accounts of type 'G/L Account' only, and not '{line["accountType"]}'.");
        }

        if (!setup.Accounts.Contains(line["accountNumber"]!.ToString(), StringComparer.Ordinal))
        {
            throw ODataError.Application("DialogException", "The \"accountNumber\" does not match to an Account.");
        }

        if (line["balancingAccountNumber"]!.ToString() is { Length: > 0 } balancing && !setup.Accounts.Contains(balancing, StringComparer.Ordinal))
        {
            throw Unrelated("Bal. Account No.", "Gen. Journal Line", balancing, "G/L Account");
        }
    }

    private static void CheckItem(SimulatedJournal journal, JsonObject line, CompanySetup setup)
    {
        var type = line["entryType"]!.ToString();
        if (type is not ("Purchase" or "Sale" or "Positive Adjmt." or "Negative Adjmt." or "Transfer") || (type == "Transfer") != (journal.Template == "Transfer"))
        {
            throw ODataError.Application("DialogException", $"The Entry Type cannot be {type} in a journal of type {journal.Template}.");
        }

        if (!setup.Items.Contains(line["itemNumber"]!.ToString(), StringComparer.Ordinal))
        {
            throw Unrelated("Item No.", "Item Journal Line", line["itemNumber"]!.ToString(), "Item");
        }

        foreach (var name in (string[])["locationCode", "newLocationCode"])
        {
            if (line[name]!.ToString() is { Length: > 0 } location && !setup.Locations.Contains(location, StringComparer.Ordinal))
            {
                throw Unrelated(name == "locationCode" ? "Location Code" : "New Location Code", "Item Journal Line", location, "Location");
            }
        }
    }

    private static ODataError Unrelated(string field, string table, string value, string related) => new(
        System.Net.HttpStatusCode.BadRequest,
        "Internal_InvalidTableRelation",
        $"The field {field} of table {table} contains a value ({value}) that cannot be found in the related table ({related}).");
}
