namespace StockAuthority.Connectors.Runtime;

/// <summary>Why a channel refused a push for good, in the channel's own words.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The channel's error code.</param>
/// <param name="Field">The field that it names, if any.</param>
/// <param name="Detail">Its explanation, shortened.</param>
/// <param name="RequestId">The idempotency key as it went out.</param>
/// <param name="ResponseId">The channel's id of its answer, if it gave one.</param>
public sealed record Refusal(int Status, string Code, string? Field, string? Detail, string RequestId, string? ResponseId);
