using System.Collections.Immutable;
using Google.Protobuf;
using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Inventory;
using AdjustmentReason = StockAuthority.Inventory.V1.AdjustmentReason;
using ReturnDisposition = StockAuthority.Inventory.V1.ReturnDisposition;
using StockState = StockAuthority.Core.Inventory.StockState;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>Units that have to go from one state to another.</summary>
internal readonly record struct Step(StockKey Key, StockState From, StockState To, long Quantity);

/// <summary>What a granted request has to do to the stock that it found: a second, naive reading of the API's promises.</summary>
internal sealed class Expectations
{
    private readonly List<Step> _steps = [];
    private StockModel _stock;

    private Expectations(StockModel stock) => _stock = stock;

    /// <summary>The steps, in order, and the model with all that is not a count of units brought up to date; null where payments decide.</summary>
    /// <exception cref="ViolationException">It could not have been granted.</exception>
    public static (IReadOnlyList<Step> Steps, StockModel Noted)? Of(StockModel stock, IMessage request)
    {
        var expected = new Expectations(stock);
        switch (request)
        {
            case ReserveRequest reserve when !RandomPayments.IsForPayment(reserve.OrderRef):
                expected.Reserve(Lines(reserve.Lines));
                break;
            case CommitRequest commit:
                expected.Commit(Number(commit.ReservationId), Lines(commit.Lines));
                break;
            case ReleaseRequest release:
                expected.Release(Number(release.ReservationId), Lines(release.Lines));
                break;
            case FulfillRequest fulfill:
                expected.Fulfill(Number(fulfill.ReservationId), Lines(fulfill.Lines));
                break;
            case AdjustRequest adjust:
                expected.Adjust(adjust.Reason, Lines(adjust.Lines));
                break;
            case SetLevelsRequest set:
                expected.SetLevels(set);
                break;
            case ReceiveReturnRequest receive:
                expected.ReceiveReturn(receive);
                break;
            case InspectReturnRequest inspect:
                expected.InspectReturn(inspect);
                break;
            case DispatchTransferRequest dispatch:
                expected.Dispatch(dispatch);
                break;
            case ReceiveTransferRequest receive:
                expected.ReceiveTransfer(receive);
                break;
            case ExtendReservationRequest:
                break;
            case ReserveRequest or ApplyPaymentEventRequest:
                return null;
            default:
                throw new InvalidOperationException($"Nothing is expected of {request.Descriptor.Name}.");
        }

        return (expected._steps, expected._stock);
    }

    /// <summary>What an expiry has to take back.</summary>
    public static (IReadOnlyList<Step> Steps, StockModel Noted) OfExpiry(StockModel stock, long number, IEnumerable<StockKey> keys)
    {
        var expected = new Expectations(stock);
        foreach (var key in keys)
        {
            expected.ToAvailable(key, StockState.Reserved, stock.Reservations[number].Line(key).Reserved);
        }

        return (expected._steps, stock);
    }

    /// <summary>Lines for one key are added up.</summary>
    public static IReadOnlyList<(StockKey Key, long Quantity)> Lines(IEnumerable<StockAuthority.Inventory.V1.StockLine> lines) =>
    [
        .. lines.GroupBy(line => new StockKey(line.Sku, line.LocationId), line => line.Quantity).Select(group => (group.Key, group.Sum())),
    ];

    public static long Number(string reservationId) => StockMessages.ReservationNumber(reservationId)!.Value;

    private void Reserve(IReadOnlyList<(StockKey Key, long Quantity)> lines)
    {
        foreach (var (key, quantity) in lines)
        {
            Require(_stock.Available(key) >= quantity, $"{quantity} of {key} were promised, and {_stock.Available(key)} available");
            _steps.Add(new Step(key, StockState.Available, StockState.Reserved, quantity));
        }
    }

    private void Commit(long number, IReadOnlyList<(StockKey Key, long Quantity)> lines)
    {
        foreach (var (key, quantity) in lines)
        {
            var line = _stock.Reservations[number].Line(key);
            if (line.Reserved < quantity)
            {
                Require(line.Back - line.Withdrawn >= quantity && _stock.Available(key) >= quantity, $"{quantity} of {key} were committed again, with {line}");
                _steps.Add(new Step(key, StockState.Available, StockState.Reserved, quantity));
            }

            _steps.Add(new Step(key, StockState.Reserved, StockState.Committed, quantity));
        }
    }

    private void Release(long number, IReadOnlyList<(StockKey Key, long Quantity)> lines)
    {
        foreach (var (key, quantity) in lines)
        {
            var line = _stock.Reservations[number].Line(key);
            Require(line.Reserved + line.Committed >= quantity, $"{quantity} of {key} were released, with {line}");
            ToAvailable(key, StockState.Reserved, Math.Min(line.Reserved, quantity));
            ToAvailable(key, StockState.Committed, quantity - Math.Min(line.Reserved, quantity));
            Note(number, key, line with { Withdrawn = line.Withdrawn + quantity });
        }
    }

    private void Fulfill(long number, IReadOnlyList<(StockKey Key, long Quantity)> lines)
    {
        foreach (var (key, quantity) in lines)
        {
            Require(_stock.Reservations[number].Line(key).Committed >= quantity, $"{quantity} of {key} were handed over");
            _steps.Add(new Step(key, StockState.Committed, StockState.Customer, quantity));
        }
    }

    private void Adjust(AdjustmentReason reason, IReadOnlyList<(StockKey Key, long Quantity)> lines)
    {
        foreach (var (key, quantity) in lines)
        {
            Require(reason != AdjustmentReason.OpeningBalance || _stock.Version(key) == 0, $"{key} was opened twice");
            Require(reason != AdjustmentReason.Correction || _stock.Available(key) + quantity >= 0, $"{key} was corrected below zero");
            ByFact(key, quantity);
        }
    }

    private void SetLevels(SetLevelsRequest request)
    {
        foreach (var line in request.Lines)
        {
            var key = new StockKey(line.Sku, line.LocationId);
            Require(_stock.Version(key) == line.ExpectedVersion, $"{key} was set as of version {line.ExpectedVersion}, at version {_stock.Version(key)}");
            ByFact(key, line.CountedOnHand - _stock.OnHandAt(key));
        }
    }

    private void ReceiveReturn(ReceiveReturnRequest request)
    {
        foreach (var (key, quantity) in Lines(request.Lines))
        {
            _steps.Add(new Step(key, StockState.Customer, StockState.Inspection, quantity));
            if (request.ReservationId.Length > 0)
            {
                NoteReturn(Number(request.ReservationId), key, quantity);
            }
        }
    }

    private void InspectReturn(InspectReturnRequest request)
    {
        foreach (var group in request.Lines.GroupBy(line => (new StockKey(line.Sku, line.LocationId), line.Disposition), line => line.Quantity))
        {
            var (key, disposition) = group.Key;
            if (disposition == ReturnDisposition.Available)
            {
                ToAvailable(key, StockState.Inspection, group.Sum());
            }
            else
            {
                _steps.Add(new Step(key, StockState.Inspection, disposition == ReturnDisposition.Damaged ? StockState.Damaged : StockState.WrittenOff, group.Sum()));
            }
        }
    }

    private void Dispatch(DispatchTransferRequest request)
    {
        Require(!_stock.Transfers.ContainsKey(request.TransferId), $"{request.TransferId} was dispatched twice");
        foreach (var line in request.Lines)
        {
            var from = new StockKey(line.Sku, request.FromLocationId);
            Require(_stock.Available(from) >= line.Quantity, $"{line.Quantity} of {from} were sent away, and {_stock.Available(from)} available");
            _steps.Add(new Step(from, StockState.Available, StockState.OtherLocation, line.Quantity));
            _steps.Add(new Step(new StockKey(line.Sku, request.ToLocationId), StockState.OtherLocation, StockState.InTransit, line.Quantity));
        }

        var coming = request.Lines.ToImmutableSortedDictionary(line => line.Sku, line => line.Quantity);
        _stock = _stock with { Transfers = _stock.Transfers.Add(request.TransferId, new ModelTransfer(request.ToLocationId, coming)) };
    }

    private void ReceiveTransfer(ReceiveTransferRequest request)
    {
        var transfer = _stock.Transfers[request.TransferId];
        Require(transfer.To == request.LocationId, $"{request.TransferId} arrived at {request.LocationId}");
        foreach (var line in request.Lines)
        {
            var (key, left) = (new StockKey(line.Sku, request.LocationId), transfer.Coming.GetValueOrDefault(line.Sku) - line.Received - line.Lost);
            Require(left >= 0, $"more of {line.Sku} arrived with {request.TransferId} than was sent");
            ToAvailable(key, StockState.InTransit, line.Received);
            Move(key, StockState.InTransit, StockState.WrittenOff, line.Lost);
            transfer = transfer with { Coming = transfer.Coming.SetItem(line.Sku, left) };
        }

        _stock = _stock with { Transfers = _stock.Transfers.SetItem(request.TransferId, transfer) };
    }

    /// <summary>Nobody asked: what comes in covers what is owed first, and what goes beyond the available units is owed.</summary>
    private void ByFact(StockKey key, long quantity)
    {
        ToAvailable(key, StockState.Supply, Math.Max(0, quantity));
        var taken = Math.Min(Math.Max(0, -quantity), _stock.Available(key));
        Move(key, StockState.Available, StockState.Supply, taken);
        Move(key, StockState.Shortfall, StockState.Supply, Math.Max(0, -quantity) - taken);
    }

    private void ToAvailable(StockKey key, StockState from, long quantity)
    {
        var owed = _stock.Owed(key) - _steps.Where(step => step.Key == key && step.To == StockState.Shortfall).Sum(step => step.Quantity);
        Move(key, from, StockState.Shortfall, Math.Min(owed, quantity));
        Move(key, from, StockState.Available, quantity - Math.Min(owed, quantity));
    }

    private void Move(StockKey key, StockState from, StockState to, long quantity)
    {
        if (quantity > 0)
        {
            _steps.Add(new Step(key, from, to, quantity));
        }
    }

    /// <summary>In the line of its own location first, then in the SKU's others.</summary>
    private void NoteReturn(long number, StockKey key, long quantity)
    {
        foreach (var location in RandomCommands.Locations.OrderByDescending(location => location == key.LocationId))
        {
            var at = key with { LocationId = location };
            var line = _stock.Reservations[number].Line(at);
            var returned = Math.Min(quantity, line.Fulfilled - line.Returned);
            if (returned > 0)
            {
                Note(number, at, line with { Returned = line.Returned + returned });
                quantity -= returned;
            }
        }

        Require(quantity == 0, $"{quantity} of {key} more came back than had left");
    }

    private void Note(long number, StockKey key, ModelLine line) =>
        _stock = _stock with { Reservations = _stock.Reservations.SetItem(number, _stock.Reservations[number].With(key, line)) };

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ViolationException(otherwise);
        }
    }
}
