using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// Turns the raw body of a Stripe webhook into the internal event. Total and pure: any bytes give an event, the same
/// bytes the same one. It reads the body itself, because the SDK's model is of one API version and refuses the others.
/// </summary>
internal static class StripeTranslation
{
    public const string Provider = "stripe";
    private const int SchemaVersion = 1;
    private const int MostProblems = 20;

    // A property that is there twice has no meaning that could be relied on.
    internal static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static PaymentEvent Translate(ReadOnlyMemory<byte> body, string account, StripeApiVersions knownVersions)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            return TranslateEvent(document.RootElement, body, account, knownVersions);
        }
        catch (JsonException malformed)
        {
            return Unreadable(body, account, "", "", [$"the body is not JSON (line {malformed.LineNumber}, byte {malformed.BytePositionInLine}), or names a property twice"]);
        }
        catch (InvalidOperationException)
        {
            // What System.Text.Json throws for half of a surrogate pair, which only shows when the text is read.
            return Unreadable(body, account, "", "", ["the body has text that is not Unicode"]);
        }
    }

    private static PaymentEvent TranslateEvent(JsonElement root, ReadOnlyMemory<byte> body, string account, StripeApiVersions knownVersions)
    {
        var problems = new List<string>();
        var envelope = new StripeFields(root, "event", problems);
        var id = envelope.Text("id");
        var type = envelope.Text("type");
        if (IsThin(envelope))
        {
            return Unreadable(body, account, id, type, [$"event {id} of type {type} is a thin event (v2.core.event): fetching those is not supported yet", .. problems]);
        }

        var data = new StripeFields(envelope.Find("data") ?? default, "event.data", problems);
        var payload = data.Find("object");
        if (payload is not { ValueKind: JsonValueKind.Object })
        {
            problems.Add("event.data.object is missing or is not an object");
        }

        var createdAt = envelope.Time("created");
        if (problems.Count > 0 || payload is not { } payment)
        {
            return Unreadable(body, account, id, type, problems);
        }

        var version = envelope.OptionalText("api_version");
        if (!knownVersions.Contains(version))
        {
            return Unreadable(body, account, id, type, [$"event {id} of type {type} is rendered at api_version '{version}', which is not one of the account's known versions"]);
        }

        var fields = new StripeFields(payment, "data.object", problems);
        var translated = StripePaymentFacts.Read(type, fields) ?? new PaymentEvent { EventType = PaymentEventType.Unknown };
        if (problems.Count > 0)
        {
            return Unreadable(body, account, id, type, [$"event {id} of type {type} lacks what decides its meaning", .. problems]);
        }

        translated.ProviderEventId = id;
        translated.OccurTime = createdAt.ToTimestamp();
        if (translated.EventType != PaymentEventType.Unknown)
        {
            AddOrder(translated, fields.Find("metadata"), problems);
        }

        return Stamped(translated, account, type, problems);
    }

    private static bool IsThin(StripeFields envelope) =>
        envelope.Find("object") is { ValueKind: JsonValueKind.String } kind && kind.ValueEquals("v2.core.event");

    private static void AddOrder(PaymentEvent translated, JsonElement? metadata, List<string> problems)
    {
        if (metadata is { ValueKind: not JsonValueKind.Object })
        {
            problems.Add("metadata is not an object");
        }
        else if (metadata is { } values)
        {
            translated.OrderRef = StripeOrderContext.OrderRef(new StripeFields(values, "metadata", problems));
            StripeOrderContext.AddLines(values, translated.Lines, problems);
        }
    }

    /// <summary>
    /// An event for people. It does not take the provider's own event id: the same event, sent again once the cause is
    /// cured, must count as new. Its id is the same on each delivery, so that a redelivery is a duplicate.
    /// </summary>
    private static PaymentEvent Unreadable(ReadOnlyMemory<byte> body, string account, string id, string type, IReadOnlyList<string> problems)
    {
        var unreadable = new PaymentEvent
        {
            EventType = PaymentEventType.Unreadable,
            ProviderEventId = "inbox-" + (id.Length is > 0 and <= 120 ? id : Convert.ToHexStringLower(SHA256.HashData(body.Span))),
        };
        return Stamped(unreadable, account, type, problems);
    }

    private static PaymentEvent Stamped(PaymentEvent translated, string account, string type, IReadOnlyList<string> problems)
    {
        translated.Provider = Provider;
        translated.Account = account;
        translated.ProviderEventType = type;
        translated.SchemaVersion = SchemaVersion;
        translated.Problems.Add(problems.Take(MostProblems));
        if (problems.Count > MostProblems)
        {
            translated.Problems.Add($"and {problems.Count - MostProblems} more");
        }

        return translated;
    }
}
