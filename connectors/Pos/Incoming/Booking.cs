using Google.Protobuf.WellKnownTypes;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>What a change at the tills is for the authority.</summary>
internal abstract record Booking
{
    private const string InStock = "IN_STOCK";
    private const decimal MostUnits = 1L << 53;

    private Booking()
    {
    }

    /// <summary>Nothing that the authority keeps has changed.</summary>
    public sealed record Nothing(string Reason) : Booking;

    /// <summary>Commands, each only once the one before it is done.</summary>
    public sealed record Commands(IReadOnlyList<ExecuteCommand> InOrder) : Booking;

    /// <summary>Somebody counted; what it changes depends on what has moved since.</summary>
    public sealed record Count(StockKey Key, long Units) : Booking;

    /// <summary>For people.</summary>
    public sealed record Refused(string Reason, string Detail) : Booking;

    /// <summary>
    /// Pure, and the same for the same change: it is repeated under the same key. Square's units in stock are what the authority has available; what leaves
    /// or enters that state is booked by the state on its other side, and everything else is Square's own matter.
    /// </summary>
    /// <param name="key">What it is about.</param>
    /// <param name="retryCount">Tries after a refusal.</param>
    public static Booking Of(TillChange change, StockKey key, int retryCount)
    {
        if (change.Quantity == 0 && change.Type != "PHYSICAL_COUNT")
        {
            return new Nothing("NO_UNITS");
        }

        if (change.Quantity != decimal.Truncate(change.Quantity) || change.Quantity > MostUnits)
        {
            return new Refused("FRACTIONAL_QUANTITY", "The authority counts whole units.");
        }

        var booking = new Writing(change, key, (long)change.Quantity, retryCount);
        return change.Type switch
        {
            "ADJUSTMENT" => booking.Adjustment(),
            "PHYSICAL_COUNT" => change.ToState == InStock ? new Count(key, (long)change.Quantity) : new Nothing("NOT_IN_STOCK"),
            _ => throw new ArgumentOutOfRangeException(nameof(change), change.Type, "Only counts and adjustments are listed."),
        };
    }

    /// <summary>The key of a change's command, from Square's id of it.</summary>
    public static string KeyOf(TillChange change, string step, int retryCount) =>
        $"square:{change.Id}{step}{(retryCount == 0 ? "" : FormattableString.Invariant($":{retryCount}"))}";

    private sealed record Writing(TillChange Change, StockKey Stock, long Units, int RetryCount)
    {
        private string Document => $"square/{Change.Id}";

        public Booking Adjustment()
        {
            if (Change.FromState == Change.ToState || (Change.FromState != InStock && Change.ToState != InStock))
            {
                return new Nothing("NOT_IN_STOCK");
            }

            return Change.FromState == InStock ? Leaving(Outside(Change.ToState, Change.GroupToState)) : Entering(Outside(Change.FromState, Change.GroupFromState));
        }

        private Booking Leaving(string state) => state switch
        {
            "SOLD" or "SOLD_ONLINE" or "RESERVED_FOR_SALE" => Adjust(AdjustmentReason.Sale, -Units),
            "WASTE" => Adjust(AdjustmentReason.WriteOff, -Units),
            "NONE" => Adjust(AdjustmentReason.Shrinkage, -Units),
            _ => Unsupported(),
        };

        private Booking Entering(string state) => state switch
        {
            "NONE" or "RECEIVED_FROM_VENDOR" or "ORDERED_FROM_VENDOR" => Adjust(AdjustmentReason.Receipt, Units),

            // Undone before it was handed over, or thrown away.
            "RESERVED_FOR_SALE" or "WASTE" => Adjust(AdjustmentReason.Correction, Units),
            "SOLD" or "SOLD_ONLINE" or "RETURNED_BY_CUSTOMER" or "UNLINKED_RETURN" => Return(),
            _ => Unsupported(),
        };

        /// <summary>Whoever put it back in stock at the till has judged it.</summary>
        private Commands Return() => new(
        [
            new ExecuteCommand
            {
                ReceiveReturn = new ReceiveReturnRequest
                {
                    IdempotencyKey = KeyOf(Change, "", RetryCount),
                    OrderRef = Change.TransactionId is { Length: > 0 and <= 100 } transaction ? $"square/{transaction}" : Document,
                    DocumentRef = Document,
                    Lines = { Line(Units) },
                    OccurTime = Timestamp.FromDateTimeOffset(Change.OccurredAt),
                },
            },
            new ExecuteCommand
            {
                InspectReturn = new InspectReturnRequest
                {
                    IdempotencyKey = KeyOf(Change, ":inspected", RetryCount),
                    DocumentRef = Document,
                    Lines = { new InspectedLine { Sku = Stock.Sku, LocationId = Stock.LocationId, Quantity = Units, Disposition = ReturnDisposition.Available } },
                },
            },
        ]);

        private Commands Adjust(AdjustmentReason reason, long units) => new(
        [
            new ExecuteCommand
            {
                Adjust = new AdjustRequest
                {
                    IdempotencyKey = KeyOf(Change, "", RetryCount),
                    DocumentRef = Change.TransactionId is { Length: > 0 and <= 100 } transaction ? $"square/{transaction}" : Document,
                    Reason = reason,
                    Lines = { Line(units) },
                    OccurTime = Timestamp.FromDateTimeOffset(Change.OccurredAt),
                },
            },
        ]);

        private StockLine Line(long units) => new() { Sku = Stock.Sku, LocationId = Stock.LocationId, Quantity = units };

        private Refused Unsupported() => new("UNSUPPORTED_STATE", $"From {Change.FromState} to {Change.ToState}: the authority has no word for it.");

        private static string Outside(string state, string groupState) => state is "COMPOSED" or "DECOMPOSED" && groupState.Length > 0 ? groupState : state;
    }
}
