namespace StockAuthority.Connectors.Webhook.Delivery;

/// <summary>What became of one attempt.</summary>
/// <param name="Kind">What follows from it.</param>
/// <param name="Status">The HTTP status, if there was an answer.</param>
/// <param name="Error">Why there was none, or what was wrong with it.</param>
/// <param name="ResponseExcerpt">The beginning of the answer's body.</param>
/// <param name="RetryAfter">How long it asked to be left alone.</param>
internal sealed record DeliveryOutcome(DeliveryKind Kind, int? Status, string? Error, string? ResponseExcerpt, TimeSpan? RetryAfter);

internal enum DeliveryKind
{
    /// <summary>2xx.</summary>
    Delivered,

    /// <summary>This message was not taken; others may be.</summary>
    Failed,

    /// <summary>The subscriber did not answer, or asked for fewer requests: the others wait too.</summary>
    Unwell,

    /// <summary>410: it wants nothing any more.</summary>
    Gone,
}
