using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Exceptions;

/// <summary>What people should do about a case, in a sentence. docs/exceptions.md says it at length.</summary>
public static class NextActions
{
    public static string For(ExceptionKind kind, string reason) => kind switch
    {
        ExceptionKind.MissingContext => reason == ResolutionReason.InvalidContext
            ? "Correct the order reference or lines at their source and have the provider send the event again, or reserve the order naming this payment."
            : "Reserve the order naming this payment, or register what the missing fields name; the event is then judged again by itself.",
        ExceptionKind.UnknownLocation => reason == ResolutionReason.LocationNotSellable
            ? "Make the location sellable, or agree on another one with the customer."
            : "Register the location that the lines name; the event is then judged again by itself.",
        ExceptionKind.PaidNotAvailable => "Get the units to the location, which commits them by itself, or agree with the customer on something else or a refund.",
        ExceptionKind.AuthorizedNotAvailable => "Get the units to the location, which reserves them by itself, or void the authorization.",
        ExceptionKind.PaidAfterRelease => "Refund the customer, or place the order again.",
        ExceptionKind.PartialCaptureWithoutLines => "Find out which units the capture is for and commit them, or capture the rest.",
        ExceptionKind.CaptureReversed => "Do not hand the order over; capture again, or release its units and tell the customer.",
        ExceptionKind.ReversalAfterFulfilment => "Get the money another way, or the goods back: they were handed over and are not paid.",
        ExceptionKind.StaleReversal => "Stop the order before it is handed over and release its units, or find out how it is paid.",
        ExceptionKind.Chargeback => reason == "CHARGEBACK_LOST"
            ? "Write the amount off; get back what was handed over, and release what was not."
            : "Answer the dispute at the provider before it is due, with the order's evidence; do not hand over what has not been.",
        ExceptionKind.RefundReview => "Release the order's units if it is cancelled; fulfil it if the refund was a courtesy.",
        ExceptionKind.Contradiction => "Compare the event with the order and the payment at the provider, and correct the one that is wrong.",
        ExceptionKind.UnreadableEvent => reason == ResolutionReason.TooManyFacts
            ? "Find out at the provider why one payment has so many changes."
            : "Mend the setting or the translation that the event's problems name, then replay it with StockAuthority.Intake replay.",
        ExceptionKind.MatrixReview => "Look at what the event means for the order, as the trigger matrix asks.",
        ExceptionKind.Shortfall => "Count the shelf; move units here or receive some, or tell the customers of the reservations at risk.",
        ExceptionKind.LevelRefused => "Mend what the channel names in its response, then ask for another try.",
        ExceptionKind.Drift => "Find out who else changes the level in the channel; another try sets it again.",
        ExceptionKind.RolloutCheckpointFailed => "Mend what the checkpoint found, then resume the rollout.",
        ExceptionKind.PostingRefused => "Mend the posting's master data or period in the ERP, then ask for another try.",
        ExceptionKind.DeliveryFailed => "Mend what the response names: the subscriber's endpoint, or the channel's token and settings; then ask for another try.",
        ExceptionKind.ChannelChangeRefused => "Mend what its reason names (mostly the mapping of SKUs and locations): it is tried again by itself. Or book by hand what happened.",
        _ => throw new InvalidOperationException($"Nothing is known of what to do about {kind}."),
    };
}
