using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Availability;

/// <summary>A stock key with its tenant.</summary>
internal readonly record struct TenantKey(string TenantId, StockKey Key);
