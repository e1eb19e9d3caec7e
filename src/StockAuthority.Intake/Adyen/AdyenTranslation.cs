using System.Globalization;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Adyen;

/// <summary>
/// Turns an item of an Adyen webhook into the internal event. Total and pure: any bytes give an event, the same row the
/// same one. Only signed fields decide which units move: lines in <c>additionalData</c> are not read, because anyone who
/// has seen a webhook could send it again with others. What an order is for is what checkout registered with Reserve.
/// </summary>
internal static class AdyenTranslation
{
    public const string Provider = "adyen";
    private const int LongestEventIdLength = 128;

    // eventDate is not signed. It orders facts that contradict each other, so one from the future must not outdo all
    // that follow; a day leaves room for clocks and zones.
    private static readonly TimeSpan LargestClockSkew = TimeSpan.FromDays(1);

    public static PaymentEvent Translate(InboxRow row, AdyenAccount? account)
    {
        try
        {
            using var document = JsonDocument.Parse(row.Body, Translated.Strict);
            return IsLine(document.RootElement) ? AdyenSettlementLine.Translate(new EventFields(document.RootElement, "line", []), row, account)
                : AdyenBody.Items(document.RootElement) is not { } items ? Platform(document.RootElement, row)
                : row.ItemPosition < items.Count ? TranslateItem(items[row.ItemPosition], row, account)
                : Unreadable(row, "", "", [$"the body has no item {row.ItemPosition}"]);
        }
        catch (JsonException malformed)
        {
            return Unreadable(row, "", "", [Translated.Defect(malformed)]);
        }
        catch (InvalidOperationException)
        {
            // What System.Text.Json throws for half of a surrogate pair, which only shows when the text is read.
            return Unreadable(row, "", "", ["the body has text that is not Unicode"]);
        }
    }

    /// <summary>The signed name of the settlement report that the row's event announces; null where it is another event.</summary>
    public static string? SettlementReport(InboxRow row, AdyenAccount account)
    {
        using var document = JsonDocument.Parse(row.Body, Translated.Strict);
        if (AdyenBody.Items(document.RootElement) is not { } items || row.ItemPosition >= items.Count)
        {
            return null;
        }

        var item = new EventFields(items[row.ItemPosition], "item", []);
        var name = item.Text("pspReference");
        return item.Text("eventCode") == AdyenSettlement.ReportCode && Success(item) && item.Text("merchantAccountCode") == account.MerchantAccount && AdyenSettlement.IsSettlement(name)
            ? name
            : null;
    }

    private static bool IsLine(JsonElement root) => root.ValueKind == JsonValueKind.Object
        && root.TryGetProperty("object", out var kind) && kind.ValueKind == JsonValueKind.String && kind.ValueEquals(AdyenSettlement.LineObject);

    private static PaymentEvent TranslateItem(JsonElement element, InboxRow row, AdyenAccount? account)
    {
        var problems = new List<string>();
        var item = new EventFields(element, "item", problems);
        var reference = item.Text("pspReference");
        var code = item.Text("eventCode");
        var success = Success(item);
        var occurredAt = OccurredAt(item, row.ReceivedAt);
        var merchantAccount = item.Text("merchantAccountCode");
        var id = EventId(reference, code, success, item);
        if (problems.Count > 0 || account is null)
        {
            return Unreadable(row, problems.Count > 0 ? "" : id, code, problems.Count > 0 ? problems : ["the account is not set up any more"]);
        }

        if (merchantAccount != account.MerchantAccount)
        {
            return Unreadable(row, id, code, ["item.merchantAccountCode is not this account's: its units could be another tenant's"]);
        }

        if (code == AdyenSettlement.ReportCode && row.CompletionProblem is { } problem)
        {
            return Unreadable(row, id, code, [problem]);
        }

        var translated = AdyenPaymentFacts.Read(code, success, reference, item, account.ImmediateCapture) ?? new PaymentEvent { EventType = PaymentEventType.Unknown };
        if (code == AdyenSettlement.ReportCode && problems.Count == 0 && (row.Completion is not null || !AdyenSettlement.IsSettlement(reference)))
        {
            // Its lines are rows of their own; or it is a report about something else.
            translated = new PaymentEvent { EventType = PaymentEventType.Unknown };
        }

        if (problems.Count > 0)
        {
            return Unreadable(row, id, code, [$"{code} {reference} lacks what decides its meaning", .. problems]);
        }

        translated.ProviderEventId = id;
        translated.OccurTime = occurredAt.ToTimestamp();
        if (translated.EventType != PaymentEventType.Unknown && translated.PaymentObjectId == reference)
        {
            // A modification's merchantReference is that of the modification: its order is its payment's.
            translated.OrderRef = item.OptionalText("merchantReference");
        }

        return Translated.Stamped(translated, Provider, row, success ? code : $"{code} success=false", problems);
    }

    /// <summary>
    /// Duplicates share pspReference, eventCode and success; their eventDate may differ. A capture that went through in
    /// the end shares them with the one that failed meanwhile, and must not be taken for its duplicate.
    /// </summary>
    private static string EventId(string reference, string code, bool success, EventFields item)
    {
        var isRecapture = code == "CAPTURE" && success
            && item.Find("reason") is { ValueKind: JsonValueKind.String } reason
            && reason.GetString()!.Contains("recaptured", StringComparison.OrdinalIgnoreCase);
        var id = $"{reference}:{code}:{(success ? "true" : "false")}{(isRecapture ? ":recaptured" : "")}";
        return id.Length <= LongestEventIdLength ? id : "sha256:" + Translated.HashOf(System.Text.Encoding.UTF8.GetBytes(id));
    }

    private static bool Success(EventFields item) => item.Find("success") switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.String } text when bool.TryParse(text.GetString(), out var flag) => flag,
        null => item.Report("success", "is missing", false),
        _ => item.Report("success", "is not true or false", false),
    };

    private static DateTimeOffset OccurredAt(EventFields item, DateTimeOffset receivedAt)
    {
        var text = item.Text("eventDate");
        if (text.Length == 0)
        {
            return default;
        }

        // Without an offset it would be read in this machine's zone.
        var hasOffset = text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.Ordinal);
        if (!hasOffset || !DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.None, out var occurredAt))
        {
            return item.Report("eventDate", "is not an ISO 8601 time with an offset", DateTimeOffset.UnixEpoch);
        }

        return occurredAt <= receivedAt + LargestClockSkew
            ? occurredAt
            : item.Report("eventDate", "is in the future", DateTimeOffset.UnixEpoch);
    }

    /// <summary>Signed, but about bank details, balances and the like: recorded as a type that is not translated.</summary>
    private static PaymentEvent Platform(JsonElement root, InboxRow row)
    {
        var problems = new List<string>();
        var type = new EventFields(root, "body", problems).Text("type");
        return problems.Count > 0
            ? Unreadable(row, "", "", ["the body has neither notificationItems nor a type", .. problems])
            : Translated.Stamped(
                new PaymentEvent { EventType = PaymentEventType.Unknown, ProviderEventId = "platform-" + Translated.HashOf(row.Body), OccurTime = row.ReceivedAt.ToTimestamp() },
                Provider,
                row,
                type,
                problems);
    }

    private static PaymentEvent Unreadable(InboxRow row, string id, string type, IReadOnlyList<string> problems) =>
        Translated.Unreadable(Provider, row, id, type, problems);
}
