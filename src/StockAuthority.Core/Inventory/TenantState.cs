using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Inventory;

/// <summary>What a decision did, with the sequences that it got.</summary>
/// <param name="FirstSequence">Sequence of its first movement; 0 where it had none.</param>
/// <param name="LastSequence">The end of the journal after it.</param>
/// <param name="Levels">The levels that it changed, as they were right after it.</param>
public sealed record AppliedDecision(Decision Decision, long FirstSequence, long LastSequence, IReadOnlyList<StockLevel> Levels);

/// <summary>
/// The part of one tenant's stock that a batch of commands touches: read once under the tenant's lock, changed in memory by
/// one decision after the other, and written back as a whole. What is not in here does not exist for the decisions.
/// </summary>
public sealed class TenantState(string tenantId, long lastSequence, byte[] lastHash, ReservationPolicy policy)
{
    private readonly Dictionary<StockKey, StockLevel> _levels = [];
    private readonly Dictionary<long, Reservation> _reservations = [];
    private readonly Dictionary<string, List<long>> _numbersOfOrders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Transfer> _transfers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<long>> _numbersOfPayments = new(StringComparer.Ordinal);
    private readonly Dictionary<PaymentId, Payment> _payments = [];
    private readonly Dictionary<string, List<PaymentId>> _paymentsOfOrders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<PaymentId>> _paymentsOfObjects = new(StringComparer.Ordinal);
    private readonly Dictionary<long, ReceivedReturn> _returns = [];
    private readonly HashSet<PaymentEventId> _recordedEvents = [];
    private readonly Dictionary<string, bool> _locations = new(StringComparer.Ordinal);

    private readonly HashSet<StockKey> _changedLevels = [];
    private readonly HashSet<StockKey> _createdLevels = [];
    private readonly HashSet<long> _changedReservations = [];
    private readonly HashSet<long> _scheduledReservations = [];
    private readonly HashSet<string> _changedTransfers = new(StringComparer.Ordinal);
    private readonly HashSet<PaymentId> _changedPayments = [];
    private readonly HashSet<PaymentId> _createdPayments = [];
    private readonly HashSet<long> _changedReturns = [];
    private readonly List<Movement> _movements = [];

    public string TenantId { get; } = tenantId;

    public ReservationPolicy Policy { get; } = policy;

    public long LastSequence { get; private set; } = lastSequence;

    public byte[] LastHash { get; private set; } = lastHash;

    /// <summary>Everything that was appended to the journal, in order.</summary>
    public IReadOnlyList<Movement> Movements => _movements;

    /// <summary>Every level that is known here, changed or not.</summary>
    public IEnumerable<StockLevel> Levels => _levels.Values;

    /// <summary>The locations that are known to exist, and whether units there can be reserved.</summary>
    public IReadOnlyDictionary<string, bool> Locations => _locations;

    public IEnumerable<StockLevel> ChangedLevels => _changedLevels.Select(key => _levels[key]);

    public IEnumerable<Reservation> ChangedReservations => _changedReservations.Select(number => _reservations[number]);

    /// <summary>Those that are active and have become so, or have got another time of expiry.</summary>
    public IEnumerable<Reservation> ScheduledReservations =>
        _scheduledReservations.Select(number => _reservations[number]).Where(reservation => reservation.State == ReservationState.Active);

    public IEnumerable<Transfer> ChangedTransfers => _changedTransfers.Select(id => _transfers[id]);

    public IEnumerable<Payment> ChangedPayments => _changedPayments.Select(id => _payments[id]);

    public IEnumerable<ReceivedReturn> ChangedReturns => _changedReturns.Select(number => _returns[number]);

    public void Load(StockLevel level) => _levels[level.Key] = level;

    public void Load(Reservation reservation)
    {
        if (!_reservations.TryGetValue(reservation.Number, out var known))
        {
            Add(_numbersOfOrders, reservation.OrderRef, reservation.Number);
        }

        if (reservation.PaymentObjectId is { } payment && known?.PaymentObjectId != payment)
        {
            Add(_numbersOfPayments, payment, reservation.Number);
        }

        _reservations[reservation.Number] = reservation;
    }

    public void Load(Transfer transfer) => _transfers[transfer.Id] = transfer;

    public void Load(Payment payment)
    {
        var isKnown = _payments.TryGetValue(payment.Id, out var known);
        if (!isKnown)
        {
            Add(_paymentsOfObjects, payment.Id.ObjectId, payment.Id);
        }

        if (payment.OrderRef is { } orderRef && known?.OrderRef != orderRef)
        {
            Add(_paymentsOfOrders, orderRef, payment.Id);
        }

        _payments[payment.Id] = payment;
    }

    public void Load(ReceivedReturn received) => _returns[received.Number] = received;

    public void Load(PaymentEventId recorded) => _recordedEvents.Add(recorded);

    public void LoadLocation(string locationId, bool isSellable) => _locations[locationId] = isSellable;

    public StockLevel Level(StockKey key) => _levels.GetValueOrDefault(key) ?? new StockLevel(key);

    /// <summary>Whether the level, or that there is none, is known here.</summary>
    public bool Knows(StockKey key) => _levels.ContainsKey(key);

    /// <summary>Whether the level had no movement before the first one that was applied here.</summary>
    public bool IsCreated(StockKey key) => _createdLevels.Contains(key);

    public bool HasLocation(string locationId) => _locations.ContainsKey(locationId);

    /// <summary>Whether units there can be reserved.</summary>
    public bool IsSellable(string locationId) => _locations.GetValueOrDefault(locationId);

    public Reservation? Reservation(long number) => _reservations.GetValueOrDefault(number);

    public Transfer? Transfer(string id) => _transfers.GetValueOrDefault(id);

    /// <summary>Every reservation that is known here, changed or not.</summary>
    public IEnumerable<Reservation> Reservations => _reservations.Values;

    public bool IsRecorded(PaymentEventId id) => _recordedEvents.Contains(id);

    public Payment? Payment(PaymentId id) => _payments.GetValueOrDefault(id);

    public IEnumerable<Reservation> ReservationsOfOrder(string orderRef) =>
        Of(_numbersOfOrders, orderRef).Order().Select(number => _reservations[number]);

    public IEnumerable<Reservation> ReservationsOfPayment(string paymentObjectId) =>
        Of(_numbersOfPayments, paymentObjectId).Order().Select(number => _reservations[number])
            .Where(reservation => reservation.PaymentObjectId == paymentObjectId);

    /// <summary>What came back of an order under a document.</summary>
    public IEnumerable<ReceivedReturn> Returns(string orderRef, string documentRef) =>
        _returns.Values.Where(each => each.DocumentRef == documentRef && each.OrderRef == orderRef).OrderBy(each => each.Number);

    public bool HasPayments => _payments.Count > 0;

    /// <summary>Whether nothing was known of the payment before the first decision that was applied here.</summary>
    public bool IsCreated(PaymentId id) => _createdPayments.Contains(id);

    /// <summary>Every payment that is known here, changed or not.</summary>
    public IEnumerable<Payment> Payments => _payments.Values;

    public IEnumerable<Payment> PaymentsOfOrder(string orderRef) =>
        Of(_paymentsOfOrders, orderRef).Select(id => _payments[id]).Where(payment => payment.OrderRef == orderRef);

    /// <summary>Payments that a provider, or several, call by this.</summary>
    public IEnumerable<Payment> PaymentsOfObject(string paymentObjectId) => Of(_paymentsOfObjects, paymentObjectId).Select(id => _payments[id]);

    /// <summary>Makes a decision part of the state: each movement gets the next sequence and its link in the hash chain.</summary>
    public AppliedDecision Apply(Decision decision, string idempotencyKey, DateTimeOffset now)
    {
        var firstSequence = decision.Movements.IsEmpty ? 0 : LastSequence + 1;
        List<StockKey> touched = [];
        foreach (var draft in decision.Movements)
        {
            var before = Level(draft.Key);
            if (before.Version == 0)
            {
                _createdLevels.Add(draft.Key);
            }

            var level = before.Move(draft.From, draft.To, draft.Quantity, LastSequence + 1);
            var movement = new Movement(
                level.Sequence,
                draft.Key,
                draft.From,
                draft.To,
                draft.Quantity,
                level.Version,
                level.Available,
                draft.Operation,
                draft.OrderRef,
                draft.ReservationNumber,
                draft.DocumentRef,
                draft.Reason,
                idempotencyKey,
                now,
                [],
                draft.OccurredAt);
            LastHash = MovementChain.Next(LastHash, TenantId, movement);
            LastSequence = level.Sequence;
            _movements.Add(movement with { Hash = LastHash });
            _levels[draft.Key] = level;
            _changedLevels.Add(draft.Key);
            if (!touched.Contains(draft.Key))
            {
                touched.Add(draft.Key);
            }
        }

        foreach (var reservation in decision.Reservations)
        {
            if (Reservation(reservation.Number) is not { State: ReservationState.Active } before || before.ExpireAt != reservation.ExpireAt)
            {
                _scheduledReservations.Add(reservation.Number);
            }

            Load(reservation);
            _changedReservations.Add(reservation.Number);
        }

        foreach (var transfer in decision.Transfers)
        {
            Load(transfer);
            _changedTransfers.Add(transfer.Id);
        }

        foreach (var payment in decision.Payments)
        {
            if (Payment(payment.Id) is null)
            {
                _createdPayments.Add(payment.Id);
            }

            Load(payment);
            _changedPayments.Add(payment.Id);
        }

        foreach (var received in decision.Returns)
        {
            Load(received);
            _changedReturns.Add(received.Number);
        }

        foreach (var resolution in decision.EventResolutions)
        {
            _recordedEvents.Add(resolution.EventId);
        }

        return new AppliedDecision(decision, firstSequence, LastSequence, [.. touched.Select(Level)]);
    }

    private static void Add<T>(Dictionary<string, List<T>> index, string name, T entry)
    {
        if (!index.TryGetValue(name, out var entries))
        {
            index.Add(name, entries = new List<T>(1));
        }

        entries.Add(entry);
    }

    private static List<T> Of<T>(Dictionary<string, List<T>> index, string name) => index.GetValueOrDefault(name) ?? [];
}
