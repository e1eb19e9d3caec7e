using System.Collections.Immutable;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>When the checkout reserves, and what it says.</summary>
public enum Registration
{
    /// <summary>Never: the events name the order and its lines.</summary>
    None,
    Before,
    After,

    /// <summary>It names the payment; the events name neither order nor lines.</summary>
    BeforeNamingPayment,
    AfterNamingPayment,
}

internal static class Registrations
{
    public static bool IsBefore(this Registration registration) => registration is Registration.Before or Registration.BeforeNamingPayment;

    public static bool IsAfter(this Registration registration) => registration is Registration.After or Registration.AfterNamingPayment;

    public static StockCommand.Reserve Reserve(this Registration registration, ImmutableArray<StockLine> lines) =>
        Shop.Reserve(lines) with { PaymentObjectId = registration.NamesPayment() ? Shop.Payment : null };

    /// <summary>The events as they are where the checkout says the rest; what a partial capture took, only it can say.</summary>
    public static ImmutableArray<PaymentEvent> Prepare(this Registration registration, ImmutableArray<PaymentEvent> events) => registration.NamesPayment()
        ? [.. events.Select(each => each with { OrderRef = null, Lines = each.FullAmount ? [] : each.Lines })]
        : events;

    private static bool NamesPayment(this Registration registration) =>
        registration is Registration.BeforeNamingPayment or Registration.AfterNamingPayment;
}
