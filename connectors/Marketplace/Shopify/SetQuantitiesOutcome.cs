using System.Globalization;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Shopify;

/// <summary>What the user errors of <c>inventorySetQuantities</c> mean (InventorySetQuantitiesUserErrorCode). With any, nothing was changed.</summary>
internal abstract record SetQuantitiesOutcome
{
    private const int DetailLength = 256;

    // They say that our call is wrong and not what it carries.
    private static readonly HashSet<string> CallFaults = new(StringComparer.Ordinal) { "INVALID_NAME", "INVALID_REASON", "INVALID_REFERENCE_DOCUMENT", "COMPARE_QUANTITY_REQUIRED" };

    private SetQuantitiesOutcome()
    {
    }

    /// <summary>The shop shows the levels.</summary>
    internal sealed record Applied : SetQuantitiesOutcome;

    /// <summary>The shop shows something else than was known, at these positions; at all where there are none.</summary>
    internal sealed record Stale(IReadOnlyList<int> Positions) : SetQuantitiesOutcome;

    /// <summary>The idempotency key is used up.</summary>
    internal sealed record NewKey : SetQuantitiesOutcome;

    internal sealed record Ended(PushResult Result) : SetQuantitiesOutcome;

    public static SetQuantitiesOutcome Of(AnswerData data, SetQuantitiesRequest request, string? responseId)
    {
        if (data.InventorySetQuantities?.UserErrors is not { } errors)
        {
            return new Ended(new PushResult.Unavailable("NO_DATA", null));
        }

        if (errors.Count == 0)
        {
            return new Applied();
        }

        if (errors.Any(error => error.Code is "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" or "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"))
        {
            return new NewKey();
        }

        if (errors.FirstOrDefault(error => error.Code == "IDEMPOTENCY_CONCURRENT_REQUEST" || CallFaults.Contains(error.Code ?? "")) is { } fault)
        {
            return new Ended(new PushResult.Unavailable(fault.Code!, null));
        }

        // What is wrong for good goes first: split off, the rest is compared again.
        UserError[] lasting = [.. errors.Where(error => error.Code is not ("CHANGE_FROM_QUANTITY_STALE" or "COMPARE_QUANTITY_STALE"))];
        if (lasting.Length == 0)
        {
            return new Stale(PositionsOf(errors));
        }

        var first = lasting[0];
        return new Ended(new PushResult.Refused(
            new Refusal(
                200, first.Code ?? "UNKNOWN", first.Field is null ? null : string.Join('.', first.Field),
                first.Message is { Length: > DetailLength } ? first.Message[..DetailLength] : first.Message, request.Variables.Key, responseId),
            PositionsOf(lasting)));
    }

    /// <summary>Of fields such as <c>input</c>, <c>quantities</c>, <c>3</c>, <c>locationId</c>.</summary>
    private static int[] PositionsOf(IEnumerable<UserError> errors) =>
    [
        .. errors
            .Select(error => error.Field is ["input", "quantities", var position, ..] && int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : (int?)null)
            .OfType<int>()
            .Distinct(),
    ];
}
