namespace StockAuthority.Intake.Stripe;

/// <summary>
/// The API versions that a snapshot event may be rendered at. An entry is a whole version (<c>2024-06-20</c>) or a
/// release train (<c>*.basil</c>): Stripe makes breaking changes between trains only
/// (https://docs.stripe.com/api/versioning), so a train that was checked once stays good.
/// </summary>
internal sealed class StripeApiVersions(IReadOnlyList<string> entries)
{
    /// <summary>
    /// Versions in which all the fields that the translation reads have the same meaning: from <c>2022-11-15</c>, which
    /// brought <c>latest_charge</c>, to the train of the Stripe.net package that this project builds with.
    /// </summary>
    public static readonly StripeApiVersions Known = new(
    [
        "2022-11-15", "2023-08-16", "2023-10-16", "2024-04-10", "2024-06-20",
        "*.acacia", "*.basil", "*.clover", "*.dahlia", "*.endive",
    ]);

    public bool Contains(string version) => entries.Any(entry => entry.StartsWith("*.", StringComparison.Ordinal)
        ? version.Length > entry.Length - 1 && version.EndsWith(entry[1..], StringComparison.Ordinal)
        : version == entry);
}
