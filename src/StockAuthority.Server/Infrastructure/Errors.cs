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

    /// <param name="advice">What to do before going on, as the beginning of a sentence.</param>
    public static Status SequenceDetached(long after, long detachedUpTo, string advice, params ReadOnlySpan<(string Key, string Value)> more) => Status(
        Code.FailedPrecondition,
        "SEQUENCE_DETACHED",
        string.Create(CultureInfo.InvariantCulture, $"The journal up to sequence {detachedUpTo} was detached, and {after} is in it. {advice} after sequence {detachedUpTo}."),
        [("after_sequence", after.ToString(CultureInfo.InvariantCulture)), ("detached_up_to", detachedUpTo.ToString(CultureInfo.InvariantCulture)), .. more]);

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
