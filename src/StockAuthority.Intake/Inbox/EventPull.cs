namespace StockAuthority.Intake.Inbox;

/// <summary>An account whose events are pulled from its provider's list of them.</summary>
internal sealed record PulledAccount(string TenantId, string Provider, string Account);

/// <summary>A run that has the account's lease.</summary>
/// <param name="SinceAt">Nothing from before is pulled.</param>
/// <param name="PulledThroughAt">All events of before are in the inbox.</param>
internal sealed record EventPull(PulledAccount Account, Guid RunId, DateTimeOffset SinceAt, DateTimeOffset PulledThroughAt, DateTimeOffset? UndeliveredCheckedAt);

/// <summary>An event as the provider lists it.</summary>
internal sealed record PulledEvent(string Id, byte[] Body);
