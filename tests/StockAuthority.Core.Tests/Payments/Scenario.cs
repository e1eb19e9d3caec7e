using System.Collections.Immutable;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>What happens to an order of two mugs and a tea, of which ten each are there, and the stock that it must end in.</summary>
internal sealed record Scenario(string Name, ImmutableArray<PaymentEvent> Events, Summary Expected)
{
    public static readonly ImmutableArray<StockLine> Lines = [Shop.Mugs(2), Shop.Teas(1)];

    private static readonly Summary Untouched = new(Units(), Units());
    private static readonly Summary Reserved = new(Units(reserved: 2), Units(reserved: 1));
    private static readonly Summary Committed = new(Units(committed: 2), Units(committed: 1));
    private static readonly Summary MugCommitted = new(Units(reserved: 1, committed: 1), Units(reserved: 1));
    private static readonly Summary OnlyMugCommitted = new(Units(committed: 1), Units());

    private static readonly PaymentEvent Authorized = Shop.Authorized(0).For(Lines);
    private static readonly PaymentEvent Captured = Shop.Captured(5).For(Lines);
    private static readonly PaymentEvent Voided = Shop.Voided(5);
    private static readonly PaymentEvent OneMugCaptured = Shop.PartlyCaptured("capture-a", 5, Shop.Mugs(1));
    private static readonly PaymentEvent PartRefunded = Shop.Refunded(9) with { FullAmount = false };

    public static readonly ImmutableArray<Scenario> All =
    [
        new("authorized", [Authorized], Reserved),
        new("captured", [Authorized, Captured], Committed),
        new("captured without an authorization", [Captured], Committed),
        new("one capture, two events", [Authorized, Captured, Captured.Again(6)], Committed),
        new("voided", [Authorized, Voided], Untouched) { Registrations = WithoutNewAttempt },
        new("voided, two events of which one looked like a refund", [Authorized, Voided, Shop.Voided(6) with { ModificationRef = "refund-a" }], Untouched) { Registrations = WithoutNewAttempt },
        new("voided, and a refund of what was never captured", [Authorized, Voided, Shop.Refunded(5), Shop.Refunded(6).Again(6)], Untouched)
        {
            Registrations = WithoutNewAttempt,
        },
        new("declined", [Shop.Declined(0).For(Lines)], Untouched) { Registrations = WithoutNewAttempt },
        new("declined, then authorized", [Shop.Declined(0), Shop.Authorized(2).For(Lines), Captured], Committed),
        new("a failed attempt and a paid one", [Shop.Declined(0).Of("payment-0").For(Lines), Authorized, Captured], Committed) { Registrations = NamedByEvents },
        new("a voided attempt and a paid one", [Authorized.Of("payment-0"), Voided.Of("payment-0"), Shop.Authorized(6).For(Lines), Shop.Captured(8)], Committed) { Registrations = NamedByEvents },
        new("a failed attempt and one that is authorized", [Shop.Declined(0).Of("payment-0"), Authorized], Reserved) { Registrations = NamedByEvents },
        new("partly refunded", [Authorized, Captured, PartRefunded], Committed),
        new("partly refunded, naming the unit", [Authorized, Captured, PartRefunded.For(Shop.Mugs(1))], Committed),
        new("fully refunded", [Authorized, Captured, Shop.Refunded(9)], Committed) { Holds = [ResolutionReason.RefundReview] },
        new("one refund, two events of which one does not know the whole", [Captured, PartRefunded, Shop.Refunded(9).Again(10)], Committed) { Holds = [ResolutionReason.RefundReview] },
        new("fully refunded, and the matrix releases", [Authorized, Captured, Shop.Refunded(9)], Untouched)
        {
            Matrix = Matrices.With(("refund-posted", InventoryAction.Release)),
            Registrations = WithoutNewAttempt,
        },
        new("charged back", [Authorized, Captured, Shop.Event(PaymentEventType.ChargebackOpened, 60), Shop.Event(PaymentEventType.ChargebackWon, 90)], Committed)
        {
            Holds = [ResolutionReason.MatrixReview],
        },
        new("one mug captured", [Authorized, OneMugCaptured], MugCommitted) { Registrations = BeforeOrNever },
        new("captured mug by mug", [Authorized, OneMugCaptured, Shop.PartlyCaptured("capture-b", 7, Shop.Mugs(1)), Shop.PartlyCaptured("capture-c", 8, Shop.Teas(1))], Committed) { Registrations = BeforeOrNever },
        new("one mug captured, the rest voided", [Authorized, OneMugCaptured, Shop.Voided(9)], OnlyMugCommitted) { Registrations = BeforeOrNever },
        new("captured in part, no one says which", [Authorized, Shop.PartlyCaptured("capture-a", 5)], Reserved) { Holds = [ResolutionReason.PartialCaptureWithoutLines] },
        new("settled", [Authorized, Captured, Shop.Settled(60)], Committed),
        new("deduct at settlement: authorized", [Authorized], Untouched) { Matrix = Matrices.DeductAtSettlement, Registrations = [Registration.None] },
        new("deduct at settlement: captured", [Authorized, Captured], Reserved) { Matrix = Matrices.DeductAtSettlement },
        new("deduct at settlement: captured without an authorization", [Captured], Reserved) { Matrix = Matrices.DeductAtSettlement },
        new("deduct at settlement: settled", [Authorized, Captured, Shop.Settled(60)], Committed) { Matrix = Matrices.DeductAtSettlement },
        new("deduct at settlement: refunded before it was settled", [Captured, Shop.Refunded(9), Shop.Settled(60)], Committed)
        {
            Matrix = Matrices.DeductAtSettlement,
            Holds = [ResolutionReason.RefundReview],
        },
        new("deduct at settlement: one mug captured and settled", [Authorized, OneMugCaptured, Shop.Settled(60) with { FullAmount = false }], MugCommitted) { Matrix = Matrices.DeductAtSettlement, Registrations = BeforeOrNever },
        new("commit at authorization: one mug captured", [Authorized, OneMugCaptured], Committed) { Matrix = Matrices.With(("auth-created", InventoryAction.Commit)), Registrations = BeforeOrNever },
        new(
            "everything at once",
            [Shop.Declined(0).Of("payment-0"), Authorized, Captured, Captured.Again(6), PartRefunded, Shop.Event(PaymentEventType.ChargebackLost, 60)],
            Committed)
        {
            Registrations = NamedByEvents,
            Holds = [ResolutionReason.MatrixReview],
        },
        new("mixed classes: authorized", [Authorized], new(Units(reserved: 2), Units())) { Matrix = Matrices.Mixed, Registrations = [Registration.None] },
        new("mixed classes: captured", [Authorized, Captured], new(Units(committed: 2), Units(reserved: 1))) { Matrix = Matrices.Mixed },
        new("mixed classes: settled", [Authorized, Captured, Shop.Settled(60)], Committed) { Matrix = Matrices.Mixed },
        new("mixed classes: voided", [Authorized, Voided], Untouched) { Matrix = Matrices.Mixed, Registrations = WithoutNewAttempt },
        new("mixed classes: fully refunded", [Captured, Shop.Settled(60), Shop.Refunded(90)], new(Units(), Units(committed: 1)))
        {
            Matrix = Matrices.MixedRefunds,
            Registrations = WithoutNewAttempt,
            Holds = [ResolutionReason.RefundReview],
        },
        new("mixed classes: a mug and then a tea captured", [Authorized, OneMugCaptured, Shop.PartlyCaptured("capture-b", 7, Shop.Teas(1))], new(Units(reserved: 1, committed: 1), Units(reserved: 1)))
        {
            Matrix = Matrices.Mixed,
            Registrations = BeforeOrNever,
        },
    ];

    public TriggerMatrices Matrix { get; init; } = Matrices.ReserveOnAuthorization;

    /// <summary>Reasons of the events that are held in the end.</summary>
    public ImmutableArray<string> Holds { get; init; } = [];

    public ImmutableArray<Registration> Registrations { get; init; } = [.. Enum.GetValues<Registration>()];

    /// <summary>A reservation that a checkout makes after its order's payments have ended is a new attempt: it holds until its own expiry.</summary>
    private static ImmutableArray<Registration> WithoutNewAttempt =>
        [Registration.None, Registration.Before, Registration.BeforeNamingPayment, Registration.AfterNamingPayment];

    /// <summary>A checkout can name one payment only.</summary>
    private static ImmutableArray<Registration> NamedByEvents => [Registration.None, Registration.Before, Registration.After];

    /// <summary>Once captures have reserved parts of the order, a checkout for all of it is refused.</summary>
    private static ImmutableArray<Registration> BeforeOrNever =>
        [Registration.None, Registration.Before, Registration.BeforeNamingPayment, Registration.AfterNamingPayment];

    private static Units Units(long reserved = 0, long committed = 0) =>
        new(10 - reserved - committed, reserved, committed, reserved, committed);
}
