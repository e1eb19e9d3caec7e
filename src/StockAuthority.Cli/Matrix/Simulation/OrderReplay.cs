using System.Collections.Immutable;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Cli.Matrix.Simulation;

/// <summary>What the tables do not say about the past of an order, and has to be assumed.</summary>
/// <param name="CommittedByCheckout">Its checkout committed what it had reserved before any event came.</param>
/// <param name="NothingLeft">There were no more units than the checkout had reserved.</param>
internal readonly record struct ReplayAssumption(bool CommittedByCheckout, bool NothingLeft)
{
    /// <summary>The likeliest first.</summary>
    public static ImmutableArray<ReplayAssumption> All { get; } = [new(false, false), new(true, false), new(false, true), new(true, true)];
}

/// <summary>
/// Decides the events of one order again, in the order of their arrival, with what its checkout and its warehouse did in between.
/// The decisions are those of the ledger; the order has its stock to itself.
/// </summary>
internal sealed class OrderReplay
{
    private const long Plenty = 1L << 40;

    /// <summary>Whatever a reservation was once given is allowed here.</summary>
    private static readonly ReservationPolicy AnyTime = new(TimeSpan.FromDays(7), TimeSpan.FromDays(36_500));

    private readonly StoredOrder _order;
    private readonly TriggerMatrices _matrices;
    private readonly TenantState _state;
    private readonly Dictionary<PaymentEventId, (ResolutionKind Kind, string Reason)> _resolutions = [];

    private OrderReplay(StoredOrder order, TriggerMatrices matrices, ReplayAssumption assumption)
    {
        _order = order;
        _matrices = matrices;
        _state = new TenantState(order.TenantId, 0, MovementChain.Genesis, AnyTime);
        foreach (var (location, isSellable) in order.Locations)
        {
            _state.LoadLocation(location, isSellable);
        }

        foreach (var key in order.Events.SelectMany(each => each.Event.Lines).Select(line => line.Key)
            .Concat(order.Reservations.SelectMany(each => each.Lines).Select(line => line.Key)).Distinct())
        {
            var reserved = order.Reservations.Where(each => each.Origin == ReservationOrigin.Checkout).Sum(each => each.Line(key)?.Quantity ?? 0);
            _state.Load(new StockLevel(key, assumption.NothingLeft ? reserved : Plenty));
        }

        // What a call reported before the event that names its document; numbered where no sequence of the replay is.
        foreach (var (index, received) in order.Returns.Where(each => !IsMovedByEvent(each.Number)).Index())
        {
            _state.Load(received with { Number = -1 - index, ByEvent = false });
        }
    }

    /// <summary>What each event comes to in the end.</summary>
    public static IReadOnlyDictionary<PaymentEventId, (ResolutionKind Kind, string Reason)> Run(StoredOrder order, TriggerMatrices matrices, ReplayAssumption assumption)
    {
        var replay = new OrderReplay(order, matrices, assumption);
        foreach (var (at, step) in replay.Steps(assumption))
        {
            replay.ExpireUntil(at);
            step(at);
            replay.HandOverUntil(at);
        }

        return replay._resolutions;
    }

    /// <summary>In the order of time; at the same moment a reservation comes before an event, unless the event made it.</summary>
    private IEnumerable<(DateTimeOffset At, Action<DateTimeOffset> Step)> Steps(ReplayAssumption assumption)
    {
        List<(DateTimeOffset At, int Rank, long Number, Action<DateTimeOffset> Step)> steps =
            [.. _order.Events.Select(each => (each.ReceivedAt, 1, each.Number, (Action<DateTimeOffset>)(at => Apply(each.Event, at))))];
        foreach (var reservation in _order.Reservations.Where(each => each.Origin == ReservationOrigin.Checkout))
        {
            // A checkout can have taken over what an event had reserved for it.
            var isTakenOver = IsMovedByEvent(reservation.Number);
            steps.Add((reservation.CreatedAt, isTakenOver ? 2 : 0, reservation.Number, at => Reserve(reservation, assumption.CommittedByCheckout, at)));
            if (reservation.Lines.Any(line => line.Withdrawn > 0))
            {
                var at = reservation.State == ReservationState.Released ? reservation.ClosedAt!.Value : reservation.CreatedAt;
                steps.Add((at, at == reservation.CreatedAt ? 2 : 0, reservation.Number, now => Withdraw(reservation, now)));
            }
        }

        return steps.OrderBy(each => each.At).ThenBy(each => each.Rank).ThenBy(each => each.Number).Select(each => (each.At, each.Step));
    }

    private bool IsMovedByEvent(long sequence) =>
        _order.Events.Any(each => each.FirstSequence > 0 && each.FirstSequence <= sequence && sequence <= each.LastSequence);

    private void Apply(PaymentEvent paymentEvent, DateTimeOffset at) => Run(new StockCommand.ApplyPaymentEvent(paymentEvent), at);

    private void Reserve(Reservation stored, bool isCommitted, DateTimeOffset at)
    {
        var expireAt = stored.ExpireAt > at ? stored.ExpireAt : at + TimeSpan.FromSeconds(1);
        var outcome = Run(
            new StockCommand.Reserve(
                stored.OrderRef, stored.PaymentObjectId, stored.Channel, [.. stored.Lines.Select(line => new StockLine(line.Key, line.Quantity))], null, expireAt),
            at);
        if (isCommitted && outcome is StockOutcome.Applied { Reservation: { } made })
        {
            ImmutableArray<StockLine> lines = [.. made.Lines.Where(line => line.Reserved > 0).Select(line => new StockLine(line.Key, line.Reserved))];
            if (!lines.IsEmpty)
            {
                Run(new StockCommand.Commit(made.Number, lines), at);
            }
        }
    }

    private void Withdraw(Reservation stored, DateTimeOffset at)
    {
        foreach (var line in stored.Lines.Where(line => line.Withdrawn > 0))
        {
            foreach (var reservation in _state.Reservations.Where(each => each.Origin == ReservationOrigin.Checkout && !each.IsFinal).ToList())
            {
                var units = reservation.Line(line.Key) is { } held ? Math.Min(line.Withdrawn, held.Reserved + held.Committed) : 0;
                if (units > 0)
                {
                    Run(new StockCommand.Release(reservation.Number, [new StockLine(line.Key, units)]), at);
                }
            }
        }
    }

    private void ExpireUntil(DateTimeOffset at)
    {
        foreach (var reservation in _state.Reservations.Where(each => each.State == ReservationState.Active && each.ExpireAt <= at).ToList())
        {
            Run(new StockCommand.Expire(reservation.Number), reservation.ExpireAt);
        }
    }

    /// <summary>Goods that were handed over by then are, as soon as they are committed: no sooner than they were, and never before.</summary>
    private void HandOverUntil(DateTimeOffset at)
    {
        foreach (var stored in _order.Reservations.Where(each => each.Lines.Any(line => line.Fulfilled > 0) && (each.ClosedAt is null || each.ClosedAt <= at)))
        {
            foreach (var line in stored.Lines.Where(line => line.Fulfilled > 0))
            {
                var left = _order.Reservations.Where(each => each.ClosedAt is null || each.ClosedAt <= at).Sum(each => each.Line(line.Key)?.Fulfilled ?? 0)
                    - _state.Reservations.Sum(each => each.Line(line.Key)?.Fulfilled ?? 0);
                foreach (var reservation in _state.Reservations.Where(each => !each.IsFinal).ToList())
                {
                    var units = Math.Min(left, reservation.Line(line.Key)?.Committed ?? 0);
                    if (units > 0)
                    {
                        Run(new StockCommand.Fulfill(reservation.Number, [new StockLine(line.Key, units)]), at);
                        left -= units;
                    }
                }
            }
        }
    }

    private StockOutcome Run(StockCommand command, DateTimeOffset at)
    {
        var decision = StockDecisions.Decide(_state, command, _matrices, at);
        _state.Apply(decision, "simulation", at);
        foreach (var resolution in decision.EventResolutions)
        {
            _resolutions[resolution.EventId] = (resolution.Kind, resolution.Reason);
        }

        return decision.Outcome;
    }
}
