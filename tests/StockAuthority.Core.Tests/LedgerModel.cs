using System.Collections.Immutable;
using StockAuthority.Core.Exceptions;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Tests;

/// <summary>
/// The ledger without its database. Each command is decided on a state that is loaded anew from what earlier commands
/// stored, so nothing can survive in memory that the server would not have kept.
/// </summary>
internal sealed class LedgerModel(TriggerMatrices matrices)
{
    public const string TenantId = "tenant-1";

    private readonly Dictionary<StockKey, StockLevel> _levels = [];
    private readonly SortedDictionary<long, Reservation> _reservations = [];
    private readonly Dictionary<string, Transfer> _transfers = [];
    private readonly Dictionary<PaymentId, Payment> _payments = [];
    private readonly Dictionary<long, ReceivedReturn> _returns = [];
    private readonly Dictionary<PaymentEventId, EventResolution> _resolutions = [];
    private readonly Dictionary<ExceptionCause, RaisedException> _openCases = [];
    private readonly List<Movement> _movements = [];
    private long _commands;

    public LedgerModel()
        : this(Matrices.ReserveOnAuthorization)
    {
    }

    public TriggerMatrices Matrix { get; } = matrices;

    public DateTimeOffset Now { get; private set; } = Shop.Opening;

    public ReservationPolicy Policy { get; set; } = ReservationPolicy.Standard;

    /// <summary>Locations whose units are not promised.</summary>
    public HashSet<string> NotSellable { get; } = [];

    public IReadOnlyList<Movement> Movements => _movements;

    public IReadOnlyCollection<StockLevel> Levels => _levels.Values;

    public IReadOnlyCollection<Reservation> Reservations => _reservations.Values;

    public IReadOnlyCollection<Transfer> Transfers => _transfers.Values;

    public IReadOnlyCollection<Payment> Payments => _payments.Values;

    /// <summary>The latest recorded resolution of each event.</summary>
    public IReadOnlyDictionary<PaymentEventId, EventResolution> Resolutions => _resolutions;

    /// <summary>The open exception cases, each as it was raised last.</summary>
    public IReadOnlyDictionary<ExceptionCause, RaisedException> OpenCases => _openCases;

    public StockLevel Level(StockKey key) => _levels.GetValueOrDefault(key) ?? new StockLevel(key);

    public Reservation Reservation(long number) => _reservations[number];

    public void Advance(TimeSpan by) => Now += by;

    public TenantState Load()
    {
        var state = new TenantState(TenantId, _movements.Count, _movements.Count == 0 ? MovementChain.Genesis : _movements[^1].Hash, Policy);
        foreach (var location in Shop.Locations)
        {
            state.LoadLocation(location, !NotSellable.Contains(location));
        }

        foreach (var level in _levels.Values)
        {
            state.Load(level);
        }

        foreach (var reservation in _reservations.Values)
        {
            state.Load(reservation);
        }

        foreach (var transfer in _transfers.Values)
        {
            state.Load(transfer);
        }

        foreach (var payment in _payments.Values)
        {
            state.Load(payment);
        }

        foreach (var received in _returns.Values)
        {
            state.Load(received);
        }

        foreach (var recorded in _resolutions.Keys)
        {
            state.Load(recorded);
        }

        return state;
    }

    /// <summary>Another ledger with the same past: what happens to one does not happen to the other.</summary>
    public LedgerModel Fork()
    {
        var fork = new LedgerModel(Matrix) { Now = Now, Policy = Policy, _commands = _commands };
        foreach (var (key, level) in _levels)
        {
            fork._levels.Add(key, level);
        }

        foreach (var (number, reservation) in _reservations)
        {
            fork._reservations.Add(number, reservation);
        }

        foreach (var (id, payment) in _payments)
        {
            fork._payments.Add(id, payment);
        }

        foreach (var (id, resolution) in _resolutions)
        {
            fork._resolutions.Add(id, resolution);
        }

        foreach (var (cause, raised) in _openCases)
        {
            fork._openCases.Add(cause, raised);
        }

        fork._movements.AddRange(_movements);
        return fork;
    }

    public Decision Run(StockCommand command) => RunTogether(command)[0];

    /// <summary>As one batch: each sees what the earlier ones did, and nothing is stored before the last.</summary>
    public IReadOnlyList<Decision> RunTogether(params IEnumerable<StockCommand> commands)
    {
        var state = Load();
        List<Decision> decisions = [];
        foreach (var command in commands)
        {
            var decision = StockDecisions.Decide(state, command, Matrix, Now);
            _commands++;
            state.Apply(decision, $"key-{_commands}", Now);
            decisions.Add(decision);
        }

        _movements.AddRange(state.Movements);
        foreach (var level in state.ChangedLevels)
        {
            _levels[level.Key] = level;
        }

        foreach (var reservation in state.ChangedReservations)
        {
            _reservations[reservation.Number] = reservation;
        }

        foreach (var transfer in state.ChangedTransfers)
        {
            _transfers[transfer.Id] = transfer;
        }

        foreach (var payment in state.ChangedPayments)
        {
            _payments[payment.Id] = payment;
        }

        foreach (var received in state.ChangedReturns)
        {
            _returns[received.Number] = received;
        }

        foreach (var resolution in decisions.SelectMany(decision => decision.EventResolutions))
        {
            _resolutions[resolution.EventId] = resolution;
        }

        foreach (var decision in decisions)
        {
            foreach (var raised in decision.Raised)
            {
                if (raised.IsNew && _openCases.ContainsKey(raised.Cause) && raised.Cause.Kind != ExceptionKind.Chargeback)
                {
                    throw new InvalidOperationException($"{raised.Cause} is open and raised as new.");
                }

                _openCases[raised.Cause] = raised;
            }

            foreach (var mended in decision.Mended)
            {
                _openCases.Remove(mended);
            }
        }

        return decisions;
    }

    public Reservation Reserve(params ImmutableArray<StockLine> lines) => Reserved(Run(Shop.Reserve(lines)));

    public EventResolution Apply(PaymentEvent paymentEvent) =>
        Run(new StockCommand.ApplyPaymentEvent(paymentEvent)).Outcome is StockOutcome.Resolved resolved
            ? resolved.Resolution
            : throw new InvalidOperationException("An event got no resolution.");

    public void Stock(params ImmutableArray<StockLine> lines) => Run(new StockCommand.Adjust("delivery-note", AdjustmentReason.Receipt, lines));

    public static Reservation Reserved(Decision decision) =>
        decision.Outcome is StockOutcome.Applied { Reservation: { } reservation }
            ? reservation
            : throw new InvalidOperationException($"Not applied: {decision.Outcome}");
}
