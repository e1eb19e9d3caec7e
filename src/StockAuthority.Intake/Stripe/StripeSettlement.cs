using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Inbox;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// What a reconciled payout has settled: its balance transactions (https://docs.stripe.com/api/balance_transactions/list), each a
/// line of its own in the inbox, <c>{"id", "object", "payout", "confirmed", "line"}</c>. Refunds, fees and the payout itself are
/// lines too, and settle no payment.
/// </summary>
internal static class StripeSettlement
{
    public const string ReportType = "payout.reconciliation_completed";
    public const string LineType = "payout.reconciliation_completed line";

    private const string ReportTaken = ", its lines taken";
    private const string LineObject = "stockauthority.settlement_line";
    private const int PageSize = 100;

    /// <summary>The payout that the event has reconciled; null where it is another event, or one that will be parked.</summary>
    public static (string Payout, long Confirmed)? Announced(EventFields envelope, StripeAccount account)
    {
        var type = envelope.Text("type");
        var isThin = StripeThinEvents.IsThin(envelope);
        if (type != (isThin ? StripeThinEvents.TypePrefix + ReportType : ReportType) || (!isThin && !account.ApiVersions.Contains(envelope.OptionalText("api_version"))))
        {
            return null;
        }

        var owner = envelope.OptionalText(isThin ? "context" : "account");
        var payout = isThin ? envelope.Object("related_object").Text("id") : envelope.Object("data").Object("object").Text("id");
        var confirmed = isThin ? StripeThinEvents.CreatedAt(envelope) : envelope.Time("created");
        return envelope.Problems.Count == 0 && (owner.Length == 0 || owner == account.AccountId) ? (payout, confirmed.ToUnixTimeSeconds()) : null;
    }

    public static bool IsLine(EventFields envelope) => envelope.Find("object") is { ValueKind: JsonValueKind.String } kind && kind.ValueEquals(LineObject);

    public static async IAsyncEnumerable<FetchOutcome> FetchAsync(StripeApi api, HttpClient http, StripeAccount account, InboxRow row, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (StripeEnvelope.Read(row, envelope => Announced(envelope, account)) is not var (payout, confirmed))
        {
            yield return new FetchOutcome.Failed("an event that announces no payout");
            yield break;
        }

        var cursor = row.ReportCursor;
        do
        {
            var after = cursor is null ? "" : $"&starting_after={Uri.EscapeDataString(cursor)}";
            var path = string.Create(CultureInfo.InvariantCulture, $"/v1/balance_transactions?limit={PageSize}&payout={Uri.EscapeDataString(payout)}&expand[]=data.source{after}");
            var answer = await api.GetAsync(http, account.ApiKey!, path, ("Stripe-Account", account.AccountId), cancellationToken);
            var part = answer is StripeAnswer.Given given ? Part(given.Body, payout, confirmed) : new FetchOutcome.Failed($"its balance transactions: {((StripeAnswer.Refused)answer).Reason}");
            yield return part;
            cursor = (part as FetchOutcome.Part)?.Next;
        }
        while (cursor is not null);
    }

    /// <summary>What the event itself says once its lines are rows of their own, or could not be fetched; null before.</summary>
    public static PaymentEvent? Told(InboxRow row, string id, string type, DateTimeOffset createdAt)
    {
        if (row.CompletionProblem is { } problem)
        {
            return Translated.Unreadable(StripeTranslation.Provider, row, id, type, [problem]);
        }

        var told = new PaymentEvent { EventType = PaymentEventType.Unknown, ProviderEventId = id, OccurTime = createdAt.ToTimestamp() };
        return row.Completion is null ? null : Translated.Stamped(told, StripeTranslation.Provider, row, type + ReportTaken, []);
    }

    /// <summary>The fact of a line; of type Unknown where it is not about a payment that was taken.</summary>
    public static PaymentEvent Translate(EventFields wrapper, InboxRow row)
    {
        var problems = wrapper.Problems;
        var confirmedAt = wrapper.Time("confirmed");
        var line = wrapper.Object("line");
        var (id, type) = (line.Text("id"), line.Text("type"));
        var translated = type is "charge" or "payment" ? Settled(line, id) : StripePaymentFacts.Nothing($"{LineType} {type}");
        if (problems.Count > 0)
        {
            return Translated.Unreadable(StripeTranslation.Provider, row, id, LineType, problems);
        }

        translated.ProviderEventId = id;
        translated.ReportLine = translated.EventType == PaymentEventType.SettlementConfirmed ? $"{wrapper.Text("payout")}/{id}" : "";
        translated.OccurTime = confirmedAt.ToTimestamp();
        return Translated.Stamped(translated, StripeTranslation.Provider, row, translated.ProviderEventType is { Length: > 0 } state ? state : LineType, problems);
    }

    private static PaymentEvent Settled(EventFields line, string id)
    {
        var charge = line.Object("source");
        var payment = charge.OptionalId("payment_intent") is { Length: > 0 } intent ? intent : charge.Text("id");
        var captured = StripePaymentFacts.Taken(charge, "amount_captured");
        return StripePaymentFacts.Fact(PaymentEventType.SettlementConfirmed, line, payment, id, line.MinorUnits("amount"), captured >= charge.MinorUnits("amount"));
    }

    private static FetchOutcome Part(byte[] body, string payout, long confirmed)
    {
        var list = StripeList.Read(body, "a balance transaction");
        return list.Problem is { } problem
            ? new FetchOutcome.Failed(problem)
            : new FetchOutcome.Part([.. list.Objects.Select(line => line with { Body = Wrapped(line, payout, confirmed) })], list.Next);
    }

    private static byte[] Wrapped(PulledEvent line, string payout, long confirmed)
    {
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"id\":\"{line.Id}\",\"object\":\"{LineObject}\",\"payout\":{JsonSerializer.Serialize(payout)},\"confirmed\":{confirmed},\"line\":");
        return [.. Encoding.UTF8.GetBytes(head), .. line.Body, (byte)'}'];
    }
}
