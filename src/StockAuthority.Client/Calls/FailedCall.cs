using System.Collections.ObjectModel;
using Google.Rpc;
using Grpc.Core;

namespace StockAuthority.Client.Calls;

/// <summary>Reads what a failed attempt says about the request.</summary>
internal static class FailedCall
{
    private const string Domain = "stockauthority";

    /// <summary>
    /// Whether the same request with the same key should be sent again. A status that the authority did not give (no
    /// ErrorInfo) is a connection that broke or a proxy that gave up; whatever it calls itself, sending again is safe.
    /// </summary>
    public static bool IsWorthRepeating(RpcException error) => error.StatusCode switch
    {
        StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.DeadlineExceeded => true,
        StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled or StatusCode.Aborted => InfoOf(error) is null,
        _ => false,
    };

    /// <summary>
    /// Whether it is known that nothing was done. The authority calls a command that it cannot execute COMMAND_FAILED; any
    /// other failure inside it, and any of the network, leaves that open.
    /// </summary>
    public static bool IsDefinite(RpcException error) => error.StatusCode switch
    {
        StatusCode.Internal => InfoOf(error)?.Reason == "COMMAND_FAILED",
        StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.DeadlineExceeded
            or StatusCode.Unknown or StatusCode.Cancelled or StatusCode.Aborted or StatusCode.DataLoss => false,
        _ => true,
    };

    /// <summary>
    /// Whether it was turned away before the ledger looked at its key: a token that expired between two attempts says nothing
    /// about what the first one did. What the ledger itself refuses it would have answered before, had it been done.
    /// </summary>
    public static bool IsFromTheDoor(RpcException error) =>
        error.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.Unimplemented;

    /// <summary>How long the authority asks to wait; null where it does not say.</summary>
    public static TimeSpan? RetryDelay(RpcException error) => error.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();

    public static string Reason(RpcException error) => InfoOf(error)?.Reason ?? "";

    public static CallResult<TResponse>.Refused Refused<TResponse>(RpcException error)
    {
        var status = error.GetRpcStatus();
        var info = InfoOf(error);
        var refusal = new Refusal(
            error.StatusCode,
            info?.Reason ?? "",
            error.Status.Detail,
            [.. (status?.GetDetail<BadRequest>()?.FieldViolations ?? []).Select(each => new BadField(each.Field, each.Reason, each.Description))],
            new ReadOnlyDictionary<string, string>(info?.Metadata ?? new Dictionary<string, string>() as IDictionary<string, string>));
        return new CallResult<TResponse>.Refused(refusal, status);
    }

    private static ErrorInfo? InfoOf(RpcException error) =>
        error.GetRpcStatus()?.GetDetail<ErrorInfo>() is { Domain: Domain } info ? info : null;
}
