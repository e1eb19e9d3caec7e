using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// Turns the raw body of a Stripe webhook into the internal event. Total and pure: any bytes give an event, the same
/// bytes the same one. It reads the body itself, because the SDK's model is of one API version and refuses the others.
/// </summary>
internal static class StripeTranslation
{
    public const string Provider = "stripe";

    public static PaymentEvent Translate(InboxRow row, StripeAccount? account)
    {
        try
        {
            using var document = JsonDocument.Parse(row.Body, Translated.Strict);
            return TranslateEvent(document.RootElement, row, account);
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

    private static PaymentEvent TranslateEvent(JsonElement root, InboxRow row, StripeAccount? account)
    {
        var problems = new List<string>();
        var envelope = new EventFields(root, "event", problems);
        if (StripeSettlement.IsLine(envelope))
        {
            return StripeSettlement.Translate(envelope, row);
        }

        var id = envelope.Text("id");
        var type = envelope.Text("type");
        if (StripeThinEvents.IsThin(envelope))
        {
            return TranslateThin(envelope, id, type, row, account);
        }

        var data = new EventFields(envelope.Find("data") ?? default, "event.data", problems);
        var payload = data.Find("object");
        if (payload is not { ValueKind: JsonValueKind.Object })
        {
            problems.Add("event.data.object is missing or is not an object");
        }

        var createdAt = envelope.Time("created");
        if (problems.Count > 0 || payload is not { } payment)
        {
            return Unreadable(row, id, type, problems);
        }

        // Connect: a platform's endpoint is sent what happens in the accounts of others too.
        if (envelope.OptionalText("account") is { Length: > 0 } owner && owner != account?.AccountId)
        {
            return Unreadable(row, id, type, [$"event {id} of type {type} is of another Stripe account than this one: its account is not the configured AccountId"]);
        }

        var version = envelope.OptionalText("api_version");
        if (!(account?.ApiVersions ?? StripeApiVersions.Known).Contains(version))
        {
            return Unreadable(row, id, type, [$"event {id} of type {type} is rendered at api_version '{version}', which is not one of the account's known versions"]);
        }

        return type == StripeSettlement.ReportType && StripeSettlement.Told(row, id, type, createdAt) is { } told
            ? told
            : TranslateObject(new EventFields(payment, "data.object", problems), id, type, type, createdAt, row);
    }

    /// <summary>
    /// Of the same shape, and about the same fact, as the snapshot event of the same change: where that one exists its id is used,
    /// so that whichever comes second is its duplicate.
    /// </summary>
    private static PaymentEvent TranslateThin(EventFields envelope, string id, string type, InboxRow row, StripeAccount? account)
    {
        var problems = envelope.Problems;
        var createdAt = StripeThinEvents.CreatedAt(envelope);
        var context = envelope.OptionalText("context");
        if (problems.Count > 0)
        {
            return Unreadable(row, id, type, problems);
        }

        if (StripeThinEvents.SnapshotType(type) is not { } snapshotType)
        {
            var unknown = new PaymentEvent { EventType = PaymentEventType.Unknown, ProviderEventId = id, OccurTime = createdAt.ToTimestamp() };
            return Translated.Stamped(unknown, Provider, row, type, problems);
        }

        if (context.Length > 0 && context != account?.AccountId)
        {
            return Unreadable(row, id, type, [$"event {id} of type {type} is of another Stripe account than this one: its context is not the configured AccountId"]);
        }

        if (snapshotType == StripeSettlement.ReportType && StripeSettlement.Told(row, id, type, createdAt) is { } told)
        {
            return told;
        }

        if (row.Completion is null)
        {
            return Unreadable(row, id, type, [row.CompletionProblem ?? $"event {id} of type {type} is a thin event, and the account has no ApiKey to fetch what it names"]);
        }

        using var completion = JsonDocument.Parse(row.Completion, Translated.Strict);
        var fetched = new EventFields(completion.RootElement, "fetched", problems);
        var happened = fetched.Object("event");
        if (happened.Text("id") != id || happened.Text("type") != type)
        {
            problems.Add("fetched.event is not the event that was asked for");
        }

        var snapshotId = happened.OptionalText("snapshot_event");
        return TranslateObject(fetched.Object("object"), snapshotId.Length > 0 ? snapshotId : id, snapshotType, type, createdAt, row);
    }

    private static PaymentEvent TranslateObject(EventFields fields, string id, string type, string ownType, DateTimeOffset createdAt, InboxRow row)
    {
        var problems = fields.Problems;
        var translated = StripePaymentFacts.Read(type, fields) ?? new PaymentEvent { EventType = PaymentEventType.Unknown };
        if (problems.Count > 0)
        {
            return Unreadable(row, id, ownType, [$"event {id} of type {ownType} lacks what decides its meaning", .. problems]);
        }

        translated.ProviderEventId = id;
        translated.OccurTime = createdAt.ToTimestamp();
        if (translated.EventType != PaymentEventType.Unknown && !HasMetadataOfItsOwn(fields))
        {
            AddOrder(translated, fields.Find("metadata"), problems);
        }

        return Translated.Stamped(translated, Provider, row, translated.ProviderEventType is { Length: > 0 } state ? state : ownType, problems);
    }

    // A refund's and a dispute's metadata are their own: their order is their payment's.
    private static bool HasMetadataOfItsOwn(EventFields payload) =>
        payload.Find("object") is { ValueKind: JsonValueKind.String } kind && (kind.ValueEquals("refund") || kind.ValueEquals("dispute") || kind.ValueEquals("payout"));

    private static void AddOrder(PaymentEvent translated, JsonElement? metadata, List<string> problems)
    {
        if (metadata is { ValueKind: not JsonValueKind.Object })
        {
            problems.Add("metadata is not an object");
        }
        else if (metadata is { } values)
        {
            translated.OrderRef = StripeOrderContext.OrderRef(new EventFields(values, "metadata", problems));
            StripeOrderContext.AddLines(values, translated.Lines, problems);
        }
    }

    private static PaymentEvent Unreadable(InboxRow row, string id, string type, IReadOnlyList<string> problems) =>
        Translated.Unreadable(Provider, row, id, type, problems);
}
