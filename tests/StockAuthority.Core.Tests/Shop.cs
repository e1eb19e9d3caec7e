using System.Collections.Immutable;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Tests;

/// <summary>The names that the tests share.</summary>
internal static class Shop
{
    public const string Order = "order-1";
    public const string Payment = "payment-1";

    public static readonly DateTimeOffset Opening = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);
    public static readonly ImmutableArray<string> Locations = ["berlin", "lyon"];
    public static readonly StockKey Mug = new("mug", "berlin");
    public static readonly StockKey Tea = new("tea", "berlin");
    public static readonly StockKey MugInLyon = new("mug", "lyon");
    public static readonly StockKey Nowhere = new("mug", "atlantis");
    public static readonly TimeSpan TimeToLive = TimeSpan.FromHours(1);

    public static StockLine Mugs(long quantity) => new(Mug, quantity);

    public static StockLine Teas(long quantity) => new(Tea, quantity);

    public static StockCommand.Reserve Reserve(params ImmutableArray<StockLine> lines) => new(Order, null, "web", lines, TimeToLive);

    /// <summary>An event of the one payment, naming its order; nothing else is known of it.</summary>
    public static PaymentEvent Event(PaymentEventType type, int minute = 0, string? id = null) => new(
        new PaymentEventId("stripe", "account-1", id ?? $"{type}-{minute}"),
        type,
        Payment,
        $"{type}",
        Order,
        [],
        FullAmount: true,
        Opening.AddMinutes(minute),
        []);

    public static PaymentEvent Authorized(int minute = 0) => Event(PaymentEventType.AuthCreated, minute);

    public static PaymentEvent Declined(int minute = 0) => Event(PaymentEventType.AuthFailed, minute);

    public static PaymentEvent Voided(int minute = 0) => Event(PaymentEventType.AuthVoided, minute);

    public static PaymentEvent Captured(int minute = 0) => Event(PaymentEventType.CaptureSucceeded, minute);

    public static PaymentEvent Refunded(int minute = 0) => Event(PaymentEventType.RefundPosted, minute);

    public static PaymentEvent Settled(int minute = 0) => Event(PaymentEventType.SettlementConfirmed, minute);

    public static PaymentEvent PartlyCaptured(string modification, int minute, params ImmutableArray<StockLine> lines) =>
        Captured(minute) with { Id = new PaymentEventId("stripe", "account-1", modification), ModificationRef = modification, FullAmount = false, Lines = lines };

    public static PaymentEvent For(this PaymentEvent paymentEvent, params ImmutableArray<StockLine> lines) => paymentEvent with { Lines = lines };

    public static PaymentEvent Of(this PaymentEvent paymentEvent, string payment) =>
        paymentEvent with { PaymentObjectId = payment, Id = paymentEvent.Id with { EventId = $"{paymentEvent.Id.EventId}-{payment}" } };

    public static PaymentEvent Over(this PaymentEvent paymentEvent, long minorUnits, string currency = "EUR") =>
        paymentEvent with { Amount = new Money(currency, minorUnits) };

    /// <summary>Another event that reports the same fact.</summary>
    public static PaymentEvent Again(this PaymentEvent paymentEvent, int minute) =>
        paymentEvent with { Id = paymentEvent.Id with { EventId = $"{paymentEvent.Id.EventId}-again-{minute}" }, OccurredAt = Opening.AddMinutes(minute) };
}
