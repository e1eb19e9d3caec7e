using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>The provider's id of an event; several deliveries can carry it.</summary>
public sealed record PaymentEventId(string Provider, string Account, string EventId);

/// <summary>The provider's id of a payment.</summary>
public sealed record PaymentId(string Provider, string Account, string ObjectId);

/// <summary>What happened to a payment. The numbers are stored; never reuse one.</summary>
public enum PaymentEventType : short
{
    AuthCreated = 1,
    AuthFailed = 2,
    AuthVoided = 3,
    CaptureSucceeded = 4,
    CaptureFailed = 5,
    SettlementConfirmed = 6,
    RefundPosted = 7,
    RefundFailed = 8,
    ChargebackOpened = 9,
    ChargebackWon = 10,
    ChargebackLost = 11,

    /// <summary>Goods came back: a fact about the order's stock, whatever becomes of the money.</summary>
    ReturnReceived = 12,

    /// <summary>The adapter does not translate this type.</summary>
    Unknown = 20,

    /// <summary>The signature was good, the body could not be read.</summary>
    Unreadable = 21,
}

/// <summary>An amount of money in the currency's minor unit, 0 or more; the currency is an ISO 4217 code, upper case.</summary>
public sealed record Money(string Currency, long MinorUnits)
{
    /// <summary>Every JSON client can represent it exactly, and no sum of a payment's facts overflows.</summary>
    public const long MaximumMinorUnits = 1L << 53;
}

/// <summary>What a provider said, in our own words.</summary>
/// <param name="PaymentObjectId">The payment, where the event names one.</param>
/// <param name="ModificationRef">The change of the payment that it is about; several events can report the same one.</param>
/// <param name="OrderRef">The order, where the payload names it.</param>
/// <param name="Lines">The units that it pays for, where the payload names them; distinct by key.</param>
/// <param name="FullAmount">Whether it is about the whole amount of the payment.</param>
/// <param name="Problems">What could not be read.</param>
/// <param name="Amount">The money that it is about, where it says.</param>
public sealed record PaymentEvent(
    PaymentEventId Id,
    PaymentEventType Type,
    string? PaymentObjectId,
    string ModificationRef,
    string? OrderRef,
    ImmutableArray<StockLine> Lines,
    bool FullAmount,
    DateTimeOffset OccurredAt,
    ImmutableArray<string> Problems,
    Money? Amount = null)
{
    /// <summary>How it is paid, where the event says so: decides how long an authorization is held.</summary>
    public string? PaymentMethod { get; init; }
}
