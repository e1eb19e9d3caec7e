namespace StockAuthority.Intake.Rejections;

internal sealed record RejectionKey(string TenantId, string Provider, string Account, string Reason, DateTimeOffset HourAt);
