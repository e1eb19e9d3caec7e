using System.Collections.Frozen;
using Grpc.Core;

namespace StockAuthority.Server.Infrastructure;

/// <summary>Who a token or a client certificate speaks for.</summary>
/// <param name="Subject">The token's subject or the certificate's name, for the record.</param>
/// <param name="Tenants">The tenants that it may act for; <see cref="AllTenants"/> among them for processes that serve all.</param>
/// <param name="Scopes">What it may do; see <see cref="Scope"/>.</param>
/// <param name="ExpiresAt">From then on it is nobody.</param>
internal sealed record Caller(string Subject, FrozenSet<string> Tenants, FrozenSet<string> Scopes, DateTimeOffset ExpiresAt)
{
    /// <summary>The claim that names a token's tenant, or several.</summary>
    public const string TenantClaim = "tenant";

    public const string AllTenants = "*";

    public bool ServesAllTenants { get; } = Tenants.Contains(AllTenants);

    public bool MayActFor(string tenantId) => ServesAllTenants || Tenants.Contains(tenantId);

    /// <summary>The caller of this call; null only for what everybody may call.</summary>
    public static Caller? Of(ServerCallContext context) => context.GetHttpContext().Features.Get<Caller>();
}
