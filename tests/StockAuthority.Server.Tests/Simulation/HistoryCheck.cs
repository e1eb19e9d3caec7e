using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Inventory;
using Movement = StockAuthority.Core.Inventory.Movement;
using StockOperation = StockAuthority.Core.Inventory.StockOperation;
using StockState = StockAuthority.Core.Inventory.StockState;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>
/// Replays a tenant's journal, command by command, through the model, and compares what every caller was told and what the
/// database has with what has to have happened.
/// </summary>
internal sealed class HistoryCheck
{
    private readonly string _tenantId;
    private readonly StoredLedger _stored;
    private readonly IReadOnlyList<Call> _calls;
    private readonly IReadOnlyList<DateTimeOffset> _times;
    private readonly Dictionary<Call, (long First, long Last)> _places = [];
    private readonly List<(long After, StockModel Stock)> _states = [(0, StockModel.Empty)];

    private HistoryCheck(string tenantId, StoredLedger stored, IReadOnlyList<Call> calls, IReadOnlyList<DateTimeOffset> times) =>
        (_tenantId, _stored, _calls, _times) = (tenantId, stored, calls, times);

    /// <param name="tenantId">Whose history it is.</param>
    /// <param name="stored">What the database has of it.</param>
    /// <param name="calls">Everything that was sent.</param>
    /// <param name="times">The database's time after each step.</param>
    /// <exception cref="ViolationException">A promise was broken.</exception>
    public static void Run(string tenantId, StoredLedger stored, IEnumerable<Call> calls, IReadOnlyList<DateTimeOffset> times)
    {
        var check = new HistoryCheck(tenantId, stored, [.. calls.Where(call => call.TenantId == tenantId && call.Attempts.Count > 0)], times);
        check.CheckJournal();
        check.Replay();
        check.CheckAnswers();
        check.CheckEnd();
        check.CheckPayments();
        RealTime.Check(check._calls, check._places, check._states);
    }

    private void CheckJournal()
    {
        var hash = MovementChain.Genesis;
        for (var index = 0; index < _stored.Movements.Count; index++)
        {
            var movement = _stored.Movements[index];
            Require(movement.Sequence == index + 1, $"the journal goes on with {movement.Sequence} after {index}");
            hash = MovementChain.Next(hash, _tenantId, movement);
            Require(hash.AsSpan().SequenceEqual(movement.Hash), $"movement {movement.Sequence} is not in the chain");
            Require(index == 0 || _stored.Movements[index - 1].RecordedAt <= movement.RecordedAt, $"movement {movement.Sequence} is earlier than the one before it");
        }

        Require(_stored.LastSequence == _stored.Movements.Count, $"the head is at {_stored.LastSequence} of {_stored.Movements.Count} movements");
        Require(hash.AsSpan().SequenceEqual(_stored.LastHash), "the head has another hash than the last movement");
    }

    private void Replay()
    {
        var answered = _calls.Where(call => call.Request is not null && call.Answer?.Refusal is null).ToLookup(call => call.Key);
        for (var index = 0; index < _stored.Movements.Count;)
        {
            var key = _stored.Movements[index].IdempotencyKey;
            var run = _stored.Movements.Skip(index).TakeWhile(movement => movement.IdempotencyKey == key).ToList();
            index += run.Count;
            Require(_stored.Movements.Skip(index).All(movement => movement.IdempotencyKey != key), $"{key} was done twice");
            var isExpiry = run[0].Operation == StockOperation.Expire;
            var call = isExpiry ? null : answered[key].SingleOrDefault()
                ?? throw new ViolationException($"movement {run[0].Sequence} is of {key}, which was not granted to anybody");
            if (call is not null)
            {
                _places.Add(call, (run[0].Sequence, run[^1].Sequence));
            }

            var stock = Apply(run, call);
            _states.Add((run[^1].Sequence, stock));
            if (call is not null)
            {
                CheckResponse(call, stock, run);
            }
        }
    }

    private StockModel Apply(List<Movement> run, Call? call)
    {
        var before = _states[^1].Stock;
        var expected = call is null ? Expiry(before, run) : Expectations.Of(before, call.Request!);
        if (expected is { } known)
        {
            IReadOnlyList<Step> steps = [.. run.Select(movement => new Step(movement.Key, movement.From, movement.To, movement.Quantity))];
            Require(
                steps.SequenceEqual(known.Steps),
                $"{call?.ToString() ?? run[0].IdempotencyKey} moved [{string.Join(", ", steps)}] and should have moved [{string.Join(", ", known.Steps)}]");
        }

        var stock = expected?.Noted ?? before;
        foreach (var movement in run)
        {
            stock = stock.With(movement, isNew: movement.ReservationNumber >= run[0].Sequence);
            Require(
                (movement.LevelVersion, movement.AvailableAfter) == (stock.Version(movement.Key), stock.Available(movement.Key)),
                $"movement {movement.Sequence} says version {movement.LevelVersion}, {movement.AvailableAfter} available; it is {stock.Version(movement.Key)}, {stock.Available(movement.Key)}");
        }

        return stock;
    }

    private (IReadOnlyList<Step> Steps, StockModel Noted)? Expiry(StockModel before, List<Movement> run)
    {
        var number = run[0].ReservationNumber!.Value;
        var reservation = before.Reservations[number];
        var stored = _stored.Reservations[number];
        Require(
            _calls.Any(call => call.Command == new StockCommand.Expire(number)
                && call.Answer?.Response is null or BoolValue { Value: true }
                && _times[Math.Min(call.AnsweredAt, _times.Count - 1)] >= stored.ExpireAt),
            $"reservation {number} expired before its time, {stored.ExpireAt}");
        Require(
            reservation.Lines.Values.Count(line => line.Reserved > 0) == run.Select(movement => movement.Key).Distinct().Count(),
            $"reservation {number} expired in part");
        return Expectations.OfExpiry(before, number, run.Select(movement => movement.Key).Distinct());
    }

    private void CheckResponse(Call call, StockModel stock, List<Movement> run)
    {
        var response = call.Answer!.Response!;
        Require(Answers.Sequence(response) is null || Answers.Sequence(response) == run[^1].Sequence, $"{call} was told another sequence than {run[^1].Sequence}: {response}");
        var touched = run.Select(movement => movement.Key).Distinct().ToList();
        var levels = Answers.Levels(response).ToList();
        Require(
            touched.SequenceEqual(levels.Select(level => new StockKey(level.Sku, level.LocationId))),
            $"{call} was told of other levels than it changed: {response}");
        foreach (var level in levels)
        {
            var key = new StockKey(level.Sku, level.LocationId);
            Require(
                Counts(stock, key) == (level.Available, level.Reserved, level.Committed, level.Inspection, level.Damaged, level.InTransit, level.Shortfall)
                && stock.Versions[key] == (level.Version, level.Sequence) && stock.OnHandAt(key) == level.OnHand,
                $"{call} was told {level}; it is {Counts(stock, key)} at {stock.Versions[key]}");
        }

        if (Answers.Reservation(response) is { } reservation)
        {
            var model = stock.Reservations[Expectations.Number(reservation.ReservationId)];
            foreach (var line in reservation.Lines)
            {
                var counted = model.Line(new StockKey(line.Sku, line.LocationId));
                Require(
                    (counted.Quantity, counted.Reserved, counted.Committed, counted.Fulfilled, counted.Back, counted.Returned)
                        == (line.Quantity, line.Reserved, line.Committed, line.Fulfilled, line.Released, line.Returned),
                    $"{call} was told {line}; it is {counted}");
            }
        }

        if (Answers.AtRisk(response) is { } atRisk)
        {
            CheckAtRisk(call, stock, run, atRisk);
        }
    }

    /// <summary>Where a fact left less than is promised, whose promises those are.</summary>
    private void CheckAtRisk(Call call, StockModel stock, List<Movement> run, IEnumerable<string> told)
    {
        var owing = run.Where(movement => movement.From == StockState.Shortfall).Select(movement => movement.Key).ToHashSet();
        var risked = stock.Reservations
            .Where(each => owing.Any(key => each.Value.Line(key) is var line && line.Reserved + line.Committed > 0))
            .Select(each => StockMessages.ReservationId(each.Key));
        Require(risked.SequenceEqual(told), $"{call} was told that {string.Join(", ", told)} are at risk; it is {string.Join(", ", risked)}");
    }

    /// <summary>What was told is what is stored under the key, and what was granted has happened.</summary>
    private void CheckAnswers()
    {
        foreach (var call in _calls.Where(call => call.Request is not null))
        {
            var answer = call.Answer ?? throw new ViolationException($"{call} has no answer");
            var reason = Answers.Reason(answer);
            if (_stored.Outcomes.GetValueOrDefault(call.Key) is not { } outcome)
            {
                Require(Refusals.IsUnrecorded(reason), $"{call} was answered {Answers.Text(answer)}, and nothing is stored");
                continue;
            }

            var isSame = outcome.Fingerprint.AsSpan().SequenceEqual(call.Fingerprint);
            if (reason == Answers.KeyReused)
            {
                Require(!isSame, $"{call} was told that its key had been used with another request");
                continue;
            }

            if (Refusals.IsUnrecorded(reason))
            {
                continue;
            }

            var told = (answer.Response ?? (IMessage)answer.Refusal!).ToByteArray();
            Require(isSame && outcome.Answer.AsSpan().SequenceEqual(told), $"{call} was answered {Answers.Text(answer)}, and something else is stored");
            Require(reason is null || !_places.ContainsKey(call), $"{call} was refused and done");
            if (answer.Response is { } response && !_places.ContainsKey(call))
            {
                CheckWithoutMovement(call, response);
            }
        }
    }

    /// <summary>Only a request that asks for no change may have been granted without one.</summary>
    private void CheckWithoutMovement(Call call, IMessage response)
    {
        Require(!Answers.Levels(response).Any(), $"{call} was told of changes that never happened: {response}");
        if (call.Request is SetLevelsRequest set)
        {
            var at = Answers.Sequence(response)!.Value;
            var stock = _states.LastOrDefault(each => each.After <= at).Stock;
            Require(
                set.Lines.All(line => stock.OnHandAt(new StockKey(line.Sku, line.LocationId)) == line.CountedOnHand && stock.Version(new StockKey(line.Sku, line.LocationId)) == line.ExpectedVersion),
                $"{call} was granted and changed nothing");
        }
        else
        {
            Require(
                call.Request is ExtendReservationRequest or ApplyPaymentEventRequest || (call.Request is ReserveRequest reserve && RandomPayments.IsForPayment(reserve.OrderRef)),
                $"{call} was granted, and never happened");
        }
    }

    private void CheckEnd()
    {
        var stock = _states[^1].Stock;
        Require(_stored.Levels.Count == stock.Versions.Count, $"there are {_stored.Levels.Count} levels instead of {stock.Versions.Count}");
        foreach (var level in _stored.Levels.Values)
        {
            Require(
                Counts(stock, level.Key) == (level.Available, level.Reserved, level.Committed, level.Inspection, level.Damaged, level.InTransit, level.Shortfall)
                && stock.Versions[level.Key] == (level.Version, level.Sequence),
                $"stored is {level}; the journal says {Counts(stock, level.Key)} at {stock.Versions[level.Key]}");
            Require(
                stock.Reservations.Values.Sum(each => each.Line(level.Key).Reserved) == level.Reserved
                && stock.Reservations.Values.Sum(each => each.Line(level.Key).Committed) == level.Committed,
                $"{level} is not what the reservations hold");
            Require(
                _stored.Transfers.Where(each => each.ToLocationId == level.Key.LocationId).Sum(each => each.Line(level.Key.Sku)?.InTransit ?? 0) == level.InTransit,
                $"{level} is not what the transfers bring");
        }

        Require(_stored.Reservations.Count == stock.Reservations.Count, $"there are {_stored.Reservations.Count} reservations instead of {stock.Reservations.Count}");
        foreach (var (number, reservation) in _stored.Reservations)
        {
            Require(reservation.IsFinal != stock.Reservations[number].IsOpen, $"reservation {number} is {reservation.State} with {string.Join(", ", reservation.Lines)}");
            foreach (var line in reservation.Lines)
            {
                var isForPayment = RandomPayments.IsForPayment(reservation.OrderRef);
                var counted = stock.Reservations[number].Line(line.Key);
                Require(
                    counted == new ModelLine(line.Quantity, line.Reserved, line.Committed, line.Fulfilled, isForPayment ? counted.Withdrawn : line.Withdrawn, line.Returned),
                    $"reservation {number} has {line}; the journal says {counted}");
            }
        }
    }

    /// <summary>Each event has one resolution, and no order got more than it is for.</summary>
    private void CheckPayments()
    {
        var applied = _calls.Where(call => call.Request is ApplyPaymentEventRequest && call.Answer?.Response is not null).ToList();
        Require(
            applied.Select(call => ((ApplyPaymentEventRequest)call.Request!).Event.ProviderEventId).ToHashSet().SetEquals(_stored.Events.Select(each => each.EventId)),
            "events were told a resolution and have none, or the other way round");
        var duplicates = applied.Where(call => ((ApplyPaymentEventResponse)call.Answer!.Response!).Reason == ResolutionReason.DuplicateDelivery).Select(call => call.Key);
        Require(_stored.ExtraDeliveries.SetEquals(duplicates), "deliveries were told to be further ones and are not noted as such, or the other way round");
        foreach (var order in _stored.Reservations.Values.Where(each => RandomPayments.IsForPayment(each.OrderRef)).GroupBy(each => each.OrderRef))
        {
            var ordered = Ordered(order.Key);
            var isPaid = _stored.Events.Exists(each => each.OrderRef == order.Key && each is { Kind: ResolutionKind.Action, Reason: ResolutionReason.Committed });
            foreach (var (key, quantity) in ordered)
            {
                var got = order.Sum(each => each.Line(key) is { } line ? line.Committed + line.Fulfilled : 0);
                Require(got == quantity || (got == 0 && !isPaid), $"{order.Key} is for {quantity} of {key} and got {got}");
                Require(order.Sum(each => each.Line(key)?.Reserved ?? 0) + got <= quantity, $"{order.Key} is for {quantity} of {key} and holds more");
            }
        }
    }

    private IReadOnlyList<(StockKey Key, long Quantity)> Ordered(string order) => _calls.Select(call => call.Request switch
    {
        ReserveRequest reserve when reserve.OrderRef == order => Expectations.Lines(reserve.Lines),
        ApplyPaymentEventRequest apply when apply.Event.OrderRef == order => Expectations.Lines(apply.Event.Lines),
        _ => [],
    }).First(lines => lines.Count > 0);

    private static (long, long, long, long, long, long, long) Counts(StockModel stock, StockKey key) => (
        stock.Available(key),
        stock.Count(key, StockState.Reserved),
        stock.Count(key, StockState.Committed),
        stock.Count(key, StockState.Inspection),
        stock.Count(key, StockState.Damaged),
        stock.Count(key, StockState.InTransit),
        stock.Owed(key));

    private void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ViolationException($"{_tenantId}: {otherwise}");
        }
    }
}
