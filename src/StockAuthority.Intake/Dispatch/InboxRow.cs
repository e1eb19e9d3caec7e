namespace StockAuthority.Intake.Dispatch;

/// <summary>A claimed row: nobody else dispatches it until its lease ends.</summary>
internal sealed record InboxRow(Guid InboxId, string TenantId, string Provider, string Account, DateTimeOffset ReceivedAt, byte[] Body, int AttemptCount);
