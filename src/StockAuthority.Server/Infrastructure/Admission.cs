using Google.Rpc;

namespace StockAuthority.Server.Infrastructure;

/// <summary>Whether a caller may make a call for a tenant, now. Asked by every call, and by every command of a stream.</summary>
internal sealed class Admission(TenantRateLimits limits)
{
    /// <summary>Why not, or null.</summary>
    /// <param name="tenantId">Empty where none is named: that is for the call itself to refuse, as a missing field.</param>
    public Status? Refusal(Caller caller, string tenantId, string method)
    {
        var refusal = Judge(caller, tenantId, method);
        if (refusal is not null)
        {
            AccessTelemetry.Refused(refusal.GetDetail<ErrorInfo>()!.Reason);
        }

        return refusal;
    }

    private Status? Judge(Caller caller, string tenantId, string method)
    {
        if (tenantId.Length == 0)
        {
            return Scope.Missing(caller, method);
        }

        return caller.MayActFor(tenantId) ? Scope.Missing(caller, method) ?? limits.Exceeded(tenantId) : Errors.TenantNotAllowed();
    }
}
