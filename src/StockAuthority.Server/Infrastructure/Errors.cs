using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Status = Google.Rpc.Status;

namespace StockAuthority.Server.Infrastructure;

/// <summary>Makes statuses that a program can act on: each carries an ErrorInfo with a reason from docs/errors.md.</summary>
internal static class Errors
{
    public const string Domain = "stockauthority";

    public static Status Status(Code code, string reason, string message, params ReadOnlySpan<(string Key, string Value)> metadata)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = reason };
        foreach (var (key, value) in metadata)
        {
            info.Metadata[key] = value;
        }

        return new Status { Code = (int)code, Message = message, Details = { Any.Pack(info) } };
    }

    public static Status UnknownTenant(string tenantId) =>
        Status(Code.NotFound, "UNKNOWN_TENANT", $"Tenant '{tenantId}' is not registered.", ("tenant_id", tenantId));

    public static Status SequenceNotReached(long sequence, long head) => Status(
        Code.FailedPrecondition,
        "SEQUENCE_NOT_REACHED",
        string.Create(CultureInfo.InvariantCulture, $"The journal ends at sequence {head}; {sequence} is beyond it."),
        ("sequence", sequence.ToString(CultureInfo.InvariantCulture)),
        ("head_sequence", head.ToString(CultureInfo.InvariantCulture)));

    public static Status TenantNotAllowed() =>
        Status(Code.PermissionDenied, "TENANT_NOT_ALLOWED", "This token is not for the tenant that the request names.");

    public static Status With(this Status status, IMessage detail)
    {
        status.Details.Add(Any.Pack(detail));
        return status;
    }

    /// <summary>The same request, key included, may be sent again after this time.</summary>
    public static Status RetryAfter(this Status status, TimeSpan delay) =>
        status.With(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) });
}
