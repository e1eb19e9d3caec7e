using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Payments;
using Status = Google.Rpc.Status;

namespace StockAuthority.Server.Inventory;

/// <summary>Turns outcomes into what callers are told, now and on a replay.</summary>
internal static class StockAnswers
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    public static StockAnswer Of(PendingCommand command, AppliedDecision applied) => applied.Decision.Outcome switch
    {
        StockOutcome.Applied outcome => StockAnswer.Of(Response(command.Command, outcome, applied)),
        StockOutcome.Resolved outcome => StockAnswer.Of(PaymentMessages.Response(outcome.Resolution, applied)),
        StockOutcome.Refused outcome => StockAnswer.Of(Refused(outcome.Refusal)),
        StockOutcome.Invalid outcome => Invalid(outcome.Reference, command.TenantId),
        StockOutcome.Swept outcome => StockAnswer.Of(new BoolValue { Value = outcome.Expired }),
        var outcome => throw new InvalidOperationException($"No answer for {outcome.GetType().Name}."),
    };

    /// <summary>The stored answer again, byte for byte.</summary>
    public static StockAnswer Replay(StockCommand command, StoredOutcome stored) => stored.AnswerKind == StoredOutcome.StatusKind
        ? new StockAnswer(null, Status.Parser.ParseFrom(stored.Answer), IsReplay: true)
        : new StockAnswer(ParserFor(command).ParseFrom(stored.Answer), null, IsReplay: true);

    public static StockAnswer KeyReused(string idempotencyKey) => StockAnswer.Of(Errors.Status(
        Code.AlreadyExists,
        "IDEMPOTENCY_KEY_REUSED",
        "This idempotency key was used with another request. Use a new key for a new request.",
        ("idempotency_key", idempotencyKey)));

    public static StockAnswer Overloaded() => StockAnswer.Of(Errors.Status(
        Code.ResourceExhausted,
        "QUEUE_FULL",
        "The ledger has more work than it can take. Nothing was done; send the same request again with the same key.").RetryAfter(RetryDelay));

    public static StockAnswer DatabaseUnavailable() => StockAnswer.Of(Errors.Status(
        Code.Unavailable,
        "DATABASE_UNAVAILABLE",
        "The database does not answer, so it is not known whether this was done. Send the same request again with the same key: it is done once.").RetryAfter(RetryDelay));

    public static StockAnswer PartitionMissing() => StockAnswer.Of(Errors.Status(
        Code.Unavailable,
        "JOURNAL_PARTITION_MISSING",
        "The journal has no partition for this time. Nothing was done; send the same request again with the same key.").RetryAfter(RetryDelay));

    public static StockAnswer InternalError() => StockAnswer.Of(Errors.Status(
        Code.Internal,
        "COMMAND_FAILED",
        "This command cannot be executed. Nothing was done; the server's log says why."));

    public static StockAnswer Invalid(InvalidReference reference, string tenantId) => StockAnswer.Of(reference switch
    {
        InvalidReference.UnknownTenant => Errors.UnknownTenant(tenantId),
        InvalidReference.UnknownReservation unknown => ReservationNotFound(StockMessages.ReservationId(unknown.ReservationNumber)),
        InvalidReference.UnknownTransfer unknown => TransferNotFound(unknown.TransferId),
        InvalidReference.UnknownLocations unknown => UnknownLocations(unknown),
        InvalidReference.OccursInFuture => OutOfRange("occur_time", "occur_time is more than 5 minutes ahead of the server's clock."),
        InvalidReference.HoldTimeOutOfRange outOfRange => HoldTimeOutOfRange(outOfRange),
        _ => throw new InvalidOperationException($"No answer for {reference.GetType().Name}."),
    });

    public static Status ReservationNotFound(string reservationId) => Errors.Status(
        Code.NotFound,
        "RESERVATION_NOT_FOUND",
        $"There is no reservation '{reservationId}'.",
        ("reservation_id", reservationId));

    public static Status TransferNotFound(string transferId) => Errors.Status(
        Code.NotFound,
        "TRANSFER_NOT_FOUND",
        $"There is no transfer '{transferId}'.",
        ("transfer_id", transferId));

    private static IMessage Response(StockCommand command, StockOutcome.Applied outcome, AppliedDecision applied)
    {
        var reservation = outcome.Reservation is null ? null : StockMessages.Reservation(outcome.Reservation);
        var levels = applied.Levels.Select(StockMessages.Level);
        var atRisk = outcome.ReservationsAtRisk.Select(StockMessages.ReservationId);
        return command switch
        {
            StockCommand.Reconsider => new BoolValue { Value = true },
            StockCommand.Reserve => new ReserveResponse { Reservation = reservation, Levels = { levels }, Sequence = applied.LastSequence },
            StockCommand.Extend => new ExtendReservationResponse { Reservation = reservation },
            StockCommand.Commit => new CommitResponse { Reservation = reservation, Levels = { levels }, Sequence = applied.LastSequence, ReReserved = outcome.ReReserved },
            StockCommand.Release => new ReleaseResponse { Reservation = reservation, Levels = { levels }, Sequence = applied.LastSequence },
            StockCommand.Fulfill => new FulfillResponse { Reservation = reservation, Levels = { levels }, Sequence = applied.LastSequence },
            StockCommand.Adjust => new AdjustResponse { Levels = { levels }, Sequence = applied.LastSequence, ReservationsAtRisk = { atRisk } },
            StockCommand.SetLevels => new SetLevelsResponse { Levels = { levels }, Sequence = applied.LastSequence, ReservationsAtRisk = { atRisk } },
            StockCommand.ReceiveReturn => new ReceiveReturnResponse { Reservation = reservation, Levels = { levels }, Sequence = applied.LastSequence },
            StockCommand.InspectReturn => new InspectReturnResponse { Levels = { levels }, Sequence = applied.LastSequence },
            StockCommand.DispatchTransfer => new DispatchTransferResponse { Transfer = StockMessages.Transfer(outcome.Transfer!), Levels = { levels }, Sequence = applied.LastSequence },
            StockCommand.ReceiveTransfer => new ReceiveTransferResponse { Transfer = StockMessages.Transfer(outcome.Transfer!), Levels = { levels }, Sequence = applied.LastSequence },
            _ => throw new InvalidOperationException($"No response for {command.GetType().Name}."),
        };
    }

    private static MessageParser ParserFor(StockCommand command) => command switch
    {
        StockCommand.Reconsider => BoolValue.Parser,
        StockCommand.Reserve => ReserveResponse.Parser,
        StockCommand.Extend => ExtendReservationResponse.Parser,
        StockCommand.Commit => CommitResponse.Parser,
        StockCommand.Release => ReleaseResponse.Parser,
        StockCommand.Fulfill => FulfillResponse.Parser,
        StockCommand.Adjust => AdjustResponse.Parser,
        StockCommand.SetLevels => SetLevelsResponse.Parser,
        StockCommand.ReceiveReturn => ReceiveReturnResponse.Parser,
        StockCommand.InspectReturn => InspectReturnResponse.Parser,
        StockCommand.DispatchTransfer => DispatchTransferResponse.Parser,
        StockCommand.ReceiveTransfer => ReceiveTransferResponse.Parser,
        StockCommand.ApplyPaymentEvent => ApplyPaymentEventResponse.Parser,
        _ => throw new InvalidOperationException($"Answers to {command.GetType().Name} are not stored."),
    };

    private static Status Refused(Refusal refusal) => refusal switch
    {
        Refusal.LocationNotSellable notSellable => LocationNotSellable(notSellable.Keys),
        Refusal.InsufficientStock insufficient => Shortages(
            insufficient.Shortages,
            "INSUFFICIENT_STOCK",
            shortage => $"{shortage.Key.Sku} at {shortage.Key.LocationId}: {shortage.Requested} asked for, {shortage.Available} available"),
        Refusal.QuantityExceedsReservation exceeds => Shortages(
            exceeds.Lines,
            "QUANTITY_EXCEEDS_RESERVATION",
            shortage => $"{shortage.Key.Sku} at {shortage.Key.LocationId}: {shortage.Requested} asked for, {shortage.Available} {exceeds.From}"),
        Refusal.ReservationFinal final => Errors.Status(
            Code.FailedPrecondition,
            "RESERVATION_FINAL",
            $"Reservation '{StockMessages.ReservationId(final.ReservationNumber)}' is {State(final.State)}, which is final.",
            ("reservation_id", StockMessages.ReservationId(final.ReservationNumber)),
            ("state", State(final.State))),
        Refusal.ReservationNotActive inactive => Errors.Status(
            Code.FailedPrecondition,
            "RESERVATION_NOT_ACTIVE",
            $"Reservation '{StockMessages.ReservationId(inactive.ReservationNumber)}' is {State(inactive.State)}: nothing of it can expire.",
            ("reservation_id", StockMessages.ReservationId(inactive.ReservationNumber)),
            ("state", State(inactive.State))),
        Refusal.ReservationSuperseded superseded => Errors.Status(
            Code.FailedPrecondition,
            "RESERVATION_SUPERSEDED",
            $"Reservation '{StockMessages.ReservationId(superseded.ReservationNumber)}' has expired, and its order has '{StockMessages.ReservationId(superseded.ByNumber)}' for these units.",
            ("reservation_id", StockMessages.ReservationId(superseded.ReservationNumber)),
            ("superseded_by", StockMessages.ReservationId(superseded.ByNumber))),
        Refusal.ExpiresLater later => Errors.Status(
            Code.FailedPrecondition,
            "EXPIRES_LATER",
            $"Reservation '{StockMessages.ReservationId(later.ReservationNumber)}' is held until {Time(later.ExpireAt)}; a promise is not shortened.",
            ("reservation_id", StockMessages.ReservationId(later.ReservationNumber)),
            ("expire_time", Time(later.ExpireAt))),
        Refusal.OrderAlreadyReserved already => Errors.Status(
            Code.FailedPrecondition,
            "ORDER_ALREADY_RESERVED",
            $"A payment event already reserved other lines for order '{already.OrderRef}'.",
            ("order_ref", already.OrderRef),
            ("reservation_id", StockMessages.ReservationId(already.ReservationNumber))),
        Refusal.AlreadyOpened opened => Errors.Status(
            Code.FailedPrecondition,
            "LEVEL_ALREADY_OPENED",
            $"An opening balance is for a level without movements; these have some: {Keys(opened.Keys)}."),
        Refusal.NotOpened unopened => Errors.Status(
            Code.FailedPrecondition,
            "LEVEL_NOT_OPENED",
            $"A level begins with an opening balance, a receipt, a return or a transfer; these have no movement yet: {Keys(unopened.Keys)}."),
        Refusal.VersionMismatch mismatch => VersionMismatch(mismatch.Conflicts),
        Refusal.OrderDiffers differs => Errors.Status(
            Code.FailedPrecondition,
            "ORDER_DIFFERS",
            $"Reservation '{StockMessages.ReservationId(differs.ReservationNumber)}' is for order '{differs.OrderRef}'.",
            ("reservation_id", StockMessages.ReservationId(differs.ReservationNumber)),
            ("order_ref", differs.OrderRef)),
        Refusal.ReturnDiffers differs => Errors.Status(
            Code.FailedPrecondition,
            "RETURN_DIFFERS",
            $"An event reported a return of order '{differs.OrderRef}' under document '{differs.DocumentRef}' with other lines.",
            ("order_ref", differs.OrderRef),
            ("document_ref", differs.DocumentRef)),
        Refusal.QuantityExceedsInspection exceeds => Shortages(
            exceeds.Lines,
            "QUANTITY_EXCEEDS_INSPECTION",
            shortage => $"{shortage.Key.Sku} at {shortage.Key.LocationId}: {shortage.Requested} asked for, {shortage.Available} in inspection"),
        Refusal.TransferAlreadyDispatched dispatched => Errors.Status(
            Code.FailedPrecondition,
            "TRANSFER_ALREADY_DISPATCHED",
            $"There is a transfer '{dispatched.TransferId}' already. Use another id.",
            ("transfer_id", dispatched.TransferId)),
        Refusal.QuantityExceedsTransfer exceeds => Shortages(
            exceeds.Lines,
            "QUANTITY_EXCEEDS_TRANSFER",
            shortage => $"{shortage.Key.Sku} at {shortage.Key.LocationId}: {shortage.Requested} asked for, {shortage.Available} on the way there with transfer '{exceeds.TransferId}'"),
        Refusal.LevelOutOfRange outside => Errors.Status(
            Code.OutOfRange,
            "LEVEL_OUT_OF_RANGE",
            $"A level would pass {StockDecisions.MaximumUnits} units: {Keys(outside.Keys)}."),
        _ => throw new InvalidOperationException($"No status for {refusal.GetType().Name}."),
    };

    private static Status Shortages(IReadOnlyList<Shortage> shortages, string reason, Func<Shortage, string> describe)
    {
        var first = shortages[0];
        var details = new PreconditionFailure();
        var lines = new StockShortages();
        foreach (var shortage in shortages)
        {
            lines.Shortages.Add(new StockShortage
            {
                Sku = shortage.Key.Sku,
                LocationId = shortage.Key.LocationId,
                Requested = shortage.Requested,
                Available = shortage.Available,
            });
            details.Violations.Add(new PreconditionFailure.Types.Violation
            {
                Type = reason,
                Subject = $"{shortage.Key.Sku}@{shortage.Key.LocationId}",
                Description = describe(shortage),
            });
        }

        return Errors.Status(
            Code.FailedPrecondition,
            reason,
            string.Join("; ", shortages.Take(5).Select(describe)) + (shortages.Count > 5 ? "; ..." : "."),
            ("sku", first.Key.Sku),
            ("location_id", first.Key.LocationId),
            ("requested", first.Requested.ToString(CultureInfo.InvariantCulture)),
            ("available", first.Available.ToString(CultureInfo.InvariantCulture))).With(details).With(lines);
    }

    private static Status VersionMismatch(IReadOnlyList<VersionConflict> conflicts)
    {
        var first = conflicts[0];
        var details = new PreconditionFailure();
        foreach (var conflict in conflicts)
        {
            details.Violations.Add(new PreconditionFailure.Types.Violation
            {
                Type = "VERSION_MISMATCH",
                Subject = $"{conflict.Key.Sku}@{conflict.Key.LocationId}",
                Description = Describe(conflict),
            });
        }

        return Errors.Status(
            Code.FailedPrecondition,
            "VERSION_MISMATCH",
            string.Join("; ", conflicts.Take(5).Select(Describe)) + (conflicts.Count > 5 ? "; ..." : "."),
            ("sku", first.Key.Sku),
            ("location_id", first.Key.LocationId),
            ("expected_version", first.Expected.ToString(CultureInfo.InvariantCulture)),
            ("current_version", first.Current.ToString(CultureInfo.InvariantCulture))).With(details);

        static string Describe(VersionConflict conflict) => string.Create(
            CultureInfo.InvariantCulture,
            $"{conflict.Key.Sku} at {conflict.Key.LocationId} is at version {conflict.Current}, not {conflict.Expected}");
    }

    private static Status UnknownLocations(InvalidReference.UnknownLocations unknown)
    {
        var details = new BadRequest();
        foreach (var location in unknown.LocationIds)
        {
            details.FieldViolations.Add(new BadRequest.Types.FieldViolation
            {
                Field = "lines.location_id",
                Reason = "UNKNOWN_LOCATION",
                Description = $"Location '{location}' is not registered.",
            });
        }

        return Errors.Status(
            Code.InvalidArgument,
            "UNKNOWN_LOCATION",
            $"Not registered: {string.Join(", ", unknown.LocationIds)}. Nothing was done.",
            ("location_ids", string.Join(',', unknown.LocationIds))).With(details);
    }

    private static Status LocationNotSellable(IReadOnlyList<StockKey> keys)
    {
        var details = new PreconditionFailure();
        foreach (var key in keys)
        {
            details.Violations.Add(new PreconditionFailure.Types.Violation
            {
                Type = "LOCATION_NOT_SELLABLE",
                Subject = $"{key.Sku}@{key.LocationId}",
                Description = $"Units at '{key.LocationId}' cannot be reserved.",
            });
        }

        return Errors.Status(
            Code.FailedPrecondition,
            "LOCATION_NOT_SELLABLE",
            $"Units there cannot be reserved: {Keys(keys)}.",
            ("location_ids", string.Join(',', keys.Select(key => key.LocationId).Distinct()))).With(details);
    }

    private static Status HoldTimeOutOfRange(InvalidReference.HoldTimeOutOfRange outOfRange)
    {
        var longest = outOfRange.Longest.ToString("c", CultureInfo.InvariantCulture);
        var (field, description) = outOfRange.IsTimeToLive
            ? ("ttl", $"ttl must be at most {longest}, as the tenant's policy says.")
            : ("expire_time", $"expire_time must be after now and at most {longest} away.");
        return OutOfRange(field, description);
    }

    private static Status OutOfRange(string field, string description)
    {
        var details = new BadRequest();
        details.FieldViolations.Add(new BadRequest.Types.FieldViolation { Field = field, Reason = "OUT_OF_RANGE", Description = description });
        return Errors.Status(Code.InvalidArgument, "OUT_OF_RANGE", description + " Nothing was done.", ("fields", field)).With(details);
    }

    private static string Keys(IEnumerable<StockKey> keys) => string.Join(", ", keys.Take(5).Select(key => $"{key.Sku} at {key.LocationId}"));

    private static string Time(DateTimeOffset time) => time.ToTimestamp().ToDiagnosticString().Trim('"');

    private static string State(Core.Inventory.ReservationState state) => state.ToString().ToUpperInvariant();
}
