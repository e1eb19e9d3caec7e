using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// Thin events (https://docs.stripe.com/event-destinations#thin-events): the body names an object, and the event and the object
/// are fetched, the object in its latest state. What is stored with the row is <c>{"event": ..., "object": ...}</c>.
/// </summary>
internal static partial class StripeThinEvents
{
    /// <summary>The names of the thin forms of snapshot events begin with it.</summary>
    public const string TypePrefix = "v1.";

    private const int LargestDocumentBytes = 2 * 1024 * 1024;

    public static bool IsThin(EventFields envelope) =>
        envelope.Find("object") is { ValueKind: JsonValueKind.String } kind && kind.ValueEquals("v2.core.event");

    /// <summary>The snapshot event's type that it is the thin form of; null where that is none that is translated.</summary>
    public static string? SnapshotType(string type) =>
        type.StartsWith(TypePrefix, StringComparison.Ordinal) && StripePaymentFacts.Types.Contains(type[TypePrefix.Length..]) ? type[TypePrefix.Length..] : null;

    /// <summary>
    /// Its time, cut to the whole seconds of snapshot events: the two forms of one change must have one time, or which of them
    /// came first would decide how contradicting facts are ordered.
    /// </summary>
    public static DateTimeOffset CreatedAt(EventFields envelope)
    {
        var text = envelope.Text("created");
        return DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created)
            ? DateTimeOffset.FromUnixTimeSeconds(created.ToUnixTimeSeconds())
            : text.Length == 0 ? DateTimeOffset.UnixEpoch : envelope.Report("created", "is not an ISO 8601 time in UTC", DateTimeOffset.UnixEpoch);
    }

    /// <summary>Whether it is a thin event of a type that is translated; one that announces a report needs that instead.</summary>
    public static bool NeedsObject(EventFields envelope) =>
        IsThin(envelope) && SnapshotType(envelope.Text("type")) is not (null or StripeSettlement.ReportType);

    public static async IAsyncEnumerable<FetchOutcome> FetchAsync(StripeApi api, HttpClient http, string apiKey, InboxRow row, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await FetchOneAsync(api, http, apiKey, row, cancellationToken);
    }

    private static async Task<FetchOutcome> FetchOneAsync(StripeApi api, HttpClient http, string apiKey, InboxRow row, CancellationToken cancellationToken)
    {
        var (id, type, context) = StripeEnvelope.Read(row, static envelope => (envelope.Text("id"), envelope.Text("type"), envelope.OptionalText("context")));
        var answer = await api.GetAsync(http, apiKey, $"/v2/core/events/{Uri.EscapeDataString(id)}", ("Stripe-Context", context), cancellationToken);
        if (answer is not StripeAnswer.Given { Body: var happened })
        {
            return Failed("the event", answer);
        }

        if (ObjectPath(happened) is not { } path)
        {
            return new FetchOutcome.Failed("the event's related_object, which is missing or has no url of Stripe's API");
        }

        answer = await api.GetAsync(http, apiKey, path + Expansion(type), ("Stripe-Context", context), cancellationToken);
        return answer is StripeAnswer.Given { Body: var related } ? Joined(happened, related) : Failed("its object", answer);
    }

    private static FetchOutcome Joined(byte[] happened, byte[] related)
    {
        if (happened.Length + related.Length > LargestDocumentBytes - 64)
        {
            return new FetchOutcome.Failed($"an answer of over {LargestDocumentBytes} bytes");
        }

        byte[] document = [.. "{\"event\":"u8, .. happened, .. ",\"object\":"u8, .. related, .. "}"u8];
        try
        {
            using var readable = JsonDocument.Parse(document, Translated.Strict);
            var snapshot = new EventFields(readable.RootElement, "fetched", []).Object("event").OptionalText("snapshot_event");
            return new FetchOutcome.Fetched(document, snapshot.Length > 0 ? snapshot : null);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return new FetchOutcome.Failed("an answer that is not JSON");
        }
    }

    private static FetchOutcome.Failed Failed(string what, StripeAnswer answer) =>
        new($"{what}: {(answer is StripeAnswer.Refused refused ? refused.Reason : "no answer")}");

    /// <summary>A path of Stripe's own API and nothing else: the key goes with it.</summary>
    private static string? ObjectPath(byte[] happened)
    {
        try
        {
            using var document = JsonDocument.Parse(happened, Translated.Strict);
            var url = new EventFields(document.RootElement, "event", []).Object("related_object").Find("url");
            return url is { ValueKind: JsonValueKind.String } && url.Value.GetString() is { } path && ApiPath().IsMatch(path) ? path : null;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    // A refund says whether it is the whole only beside its charge, and a charge which refund it is about only with them.
    private static string Expansion(string type) => type switch
    {
        TypePrefix + "refund.created" or TypePrefix + "refund.updated" or TypePrefix + "refund.failed" or TypePrefix + "charge.refund.updated" => "?expand[]=charge",
        TypePrefix + "charge.refunded" => "?expand[]=refunds",
        _ => "",
    };

    [GeneratedRegex("^/v[12](/[A-Za-z0-9_]+)+\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ApiPath();
}
