using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsCheck;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

public sealed class RandomCommandTests
{
    private static readonly JsonSerializerOptions AsTheyAre = new()
    {
        Converters = { new ByCase<StockOutcome>(), new ByCase<Refusal>(), new ByCase<InvalidReference>() },
    };

    [Fact]
    public void The_books_balance_after_every_command() => RandomCommands.Of(40).Sample(
        steps => Run(steps, (model, _, decide) =>
        {
            decide();
            LedgerInvariants.Check(model);
        }),
        iter: 400,
        print: Print);

    [Fact]
    public void Deciding_twice_is_deciding_once_and_changes_nothing() => RandomCommands.Of(30).Sample(
        steps => Run(steps, (model, command, decide) =>
        {
            var state = model.Load();
            var before = Text(state, model);

            var first = StockDecisions.Decide(state, command, model.Matrix, model.Now);
            var second = StockDecisions.Decide(state, command, model.Matrix, model.Now);

            Text(state, model).ShouldBe(before);
            Text(second).ShouldBe(Text(first));
            Text(decide()).ShouldBe(Text(first));
        }),
        iter: 150,
        print: Print);

    [Fact]
    public void A_refusal_changes_nothing() => RandomCommands.Of(40).Sample(
        steps => Run(steps, (_, _, decide) =>
        {
            var decision = decide();
            if (decision.Outcome is StockOutcome.Refused or StockOutcome.Invalid)
            {
                decision.Movements.ShouldBeEmpty();
                decision.Reservations.ShouldBeEmpty();
                decision.Transfers.ShouldBeEmpty();
                decision.Payments.ShouldBeEmpty();
                decision.EventResolutions.ShouldBeEmpty();
            }
        }),
        iter: 400,
        print: Print);

    [Fact]
    public void A_final_reservation_stays_as_it_is_unless_a_commit_reserves_again_what_expired() => RandomCommands.Of(40).Sample(
        steps => Run(steps, (model, command, decide) =>
        {
            var final = model.Reservations
                .Where(each => each.IsFinal && !(each.State == ReservationState.Expired && command is StockCommand.Commit commit && commit.ReservationNumber == each.Number))
                .ToList();
            decide();
            foreach (var before in final)
            {
                var after = model.Reservation(before.Number);
                (after.State, after.ClosedAt).ShouldBe((before.State, before.ClosedAt));
                after.Lines.Select(line => line with { Returned = 0 }).ShouldBe(before.Lines.Select(line => line with { Returned = 0 }));
            }
        }),
        iter: 400,
        print: Print);

    [Fact]
    public void Each_event_gets_one_resolution_and_is_recorded_once() => RandomCommands.Of(40).Sample(
        steps => Run(steps, (model, command, decide) =>
        {
            var known = model.Resolutions.Keys.ToHashSet();
            var decision = decide();
            decision.EventResolutions.Select(resolution => resolution.EventId).ShouldBeUnique();
            decision.EventResolutions.Count(resolution => resolution is { Moves: true, Kind: ResolutionKind.Action }).ShouldBeLessThanOrEqualTo(1);
            decision.EventResolutions.Where(resolution => resolution.Kind == ResolutionKind.Action)
                .All(resolution => resolution.Moves && decision.Movements.Length > 0).ShouldBeTrue();
            decision.EventResolutions.All(resolution => (resolution.Kind == ResolutionKind.Held) || resolution.MissingFields.IsEmpty).ShouldBeTrue();
            if (command is StockCommand.ApplyPaymentEvent { Event: var paymentEvent })
            {
                if (decision.Outcome is not StockOutcome.Resolved)
                {
                    // A return is refused as the call that reports one is.
                    paymentEvent.Type.ShouldBe(PaymentEventType.ReturnReceived);
                    decision.EventResolutions.ShouldBeEmpty();
                    return;
                }

                decision.ExtraDelivery.ShouldBe(known.Contains(paymentEvent.Id) ? paymentEvent.Id : null);
                decision.EventResolutions.Any(resolution => resolution.EventId == paymentEvent.Id).ShouldBe(!known.Contains(paymentEvent.Id));
            }

            // What can be judged again is known to one payment, with its resolution.
            ImmutableArray<WaitingEvent> waits = [.. model.Payments.SelectMany(payment => payment.Waiting)];
            waits.Select(waiting => waiting.Id).ShouldBeUnique();
            waits.All(waiting => (waiting.Judged!.Kind, waiting.Judged.Reason) == (model.Resolutions[waiting.Id].Kind, model.Resolutions[waiting.Id].Reason)).ShouldBeTrue();
        }),
        iter: 400,
        print: Print);

    [Fact]
    public void Only_people_and_physical_facts_create_shortfall() => RandomCommands.Of(40).Sample(
        steps => Run(steps, (model, command, decide) =>
        {
            var owed = model.Levels.Sum(level => level.Shortfall);
            decide();
            if (command is not (StockCommand.Adjust or StockCommand.SetLevels))
            {
                model.Levels.Sum(level => level.Shortfall).ShouldBeLessThanOrEqualTo(owed);
            }
        }),
        iter: 400,
        print: Print);

    private static void Run(Step[] steps, Action<LedgerModel, StockCommand, Func<Decision>> check)
    {
        var model = new LedgerModel(Matrices.Any[steps.Length % Matrices.Any.Length]);
        model.Stock(Shop.Mugs(8), Shop.Teas(4), new StockLine(Shop.MugInLyon, 2));
        foreach (var step in steps)
        {
            if (step.Command(model) is { } command)
            {
                check(model, command, () => model.Run(command));
            }
        }
    }

    private static string Print(Step[] steps) => string.Join(Environment.NewLine, steps.Select(step => step.Text).Prepend(""));

    private static string Text(Decision decision) => JsonSerializer.Serialize(decision, AsTheyAre);

    private static string Text(TenantState state, LedgerModel model) => JsonSerializer.Serialize(new
    {
        state.LastSequence,
        state.LastHash,
        Movements = state.Movements.Count,
        Changes = state.ChangedLevels.Count() + state.ChangedReservations.Count() + state.ChangedTransfers.Count() + state.ChangedPayments.Count(),
        Levels = model.Levels.Select(level => state.Level(level.Key)),
        Reservations = model.Reservations.Select(reservation => state.Reservation(reservation.Number)),
        Transfers = model.Transfers.Select(transfer => state.Transfer(transfer.Id)),
        state.Payments,
        Recorded = model.Resolutions.Keys.Select(state.IsRecorded),
    });

    /// <summary>Writes a member of a closed family with what its case adds.</summary>
    private sealed class ByCase<T> : JsonConverter<T>
        where T : class
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WritePropertyName(value.GetType().Name);
            JsonSerializer.Serialize(writer, value, value.GetType(), options);
            writer.WriteEndObject();
        }
    }
}
