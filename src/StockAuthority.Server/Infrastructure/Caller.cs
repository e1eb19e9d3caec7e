using System.Collections.Frozen;
using Grpc.Core;

namespace StockAuthority.Server.Infrastructure;

/// <summary>Who a token speaks for.</summary>
/// <param name="Subject">The token's subject, for the record.</param>
/// <param name="Tenant">The tenant that it may act for, <see cref="AllTenants"/> for processes that serve all; null where it names none.</param>
/// <param name="Scopes">What it may do; see <see cref="Scope"/>.</param>
internal sealed record Caller(string Subject, string? Tenant, FrozenSet<string> Scopes)
{
    /// <summary>The claim that names the token's tenant.</summary>
    public const string TenantClaim = "tenant";

    public const string AllTenants = "*";

    public bool ServesAllTenants => Tenant == AllTenants;

    public bool MayActFor(string tenantId) => ServesAllTenants || Tenant == tenantId;

    /// <summary>The caller of this call; null only for what everybody may call.</summary>
    public static Caller? Of(ServerCallContext context) => context.GetHttpContext().Features.Get<Caller>();
}
