namespace StockAuthority.Cli.Verification;

/// <summary>Where a tenant's journal ended when it was looked at.</summary>
internal readonly record struct TenantHead(string TenantId, long Sequence, byte[] Hash);
