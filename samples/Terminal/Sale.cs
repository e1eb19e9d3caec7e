namespace StockAuthority.Samples.Terminal;

/// <summary>One sale that was rung up. The goods are gone: nobody can refuse it.</summary>
/// <param name="Key">Made once and kept with the sale, so that it can be sent again and is booked once.</param>
internal sealed record Sale(string Key, string Sku, long Quantity, DateTimeOffset OccurredAt);

/// <summary>What the authority said of a sale.</summary>
/// <param name="Sequence">The journal's sequence of its movement: from there on the feed's levels have it.</param>
/// <param name="Refusal">Why it was not booked, for people; null where it was.</param>
internal sealed record Answer(string Key, long Sequence, string? Refusal);

/// <summary>One line of the journal: a sale or an answer.</summary>
internal sealed record JournalLine(Sale? Sale, Answer? Answer);
