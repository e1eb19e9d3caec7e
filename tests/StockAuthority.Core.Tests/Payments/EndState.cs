using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>
/// What a history ends in, as far as its order must not matter: stock by key, once by its levels and once by its reservations;
/// what is held, and why, for each payment; which exception cases are open; and that every event has its resolution. Which of several events
/// moved the stock depends on which came first, so actions and no-ops are not told apart.
/// </summary>
internal sealed record EndState(Summary Stock, string Held, string OpenCases, string Resolved)
{
    public static EndState Of(LedgerModel model) => new(
        Summary.Of(model),
        string.Join(", ", model.Resolutions.Values.Where(each => each.Kind == ResolutionKind.Held)
            .Select(each => $"{each.Reason} [{string.Join(' ', each.MissingFields)}]")
            .Distinct()
            .Order(StringComparer.Ordinal)),
        string.Join(", ", model.OpenCases.Keys.Select(cause => $"{cause.Kind} {cause.Key.Replace('\u001f', '/')}").Order(StringComparer.Ordinal)),
        string.Join(", ", model.Resolutions.Keys.Select(id => id.EventId).Order(StringComparer.Ordinal)));
}
