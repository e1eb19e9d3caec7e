using Grpc.Core;

namespace StockAuthority.Client;

/// <summary>A definite no: nothing was done, and the same request with the same key gets the same answer.</summary>
/// <param name="Code">The gRPC status.</param>
/// <param name="Reason">A reason from docs/errors.md, for programs; empty where the answer did not come from the authority itself.</param>
/// <param name="Message">A sentence for people.</param>
/// <param name="Fields">Every bad field of the request, for <see cref="StatusCode.InvalidArgument"/>.</param>
/// <param name="Metadata">What else the reason says, by name.</param>
public sealed record Refusal(
    StatusCode Code,
    string Reason,
    string Message,
    IReadOnlyList<BadField> Fields,
    IReadOnlyDictionary<string, string> Metadata);

/// <summary>One field that the authority did not accept.</summary>
/// <param name="Field">Its path, for example <c>lines[0].quantity</c>.</param>
/// <param name="Reason">A reason from docs/errors.md.</param>
/// <param name="Description">A sentence for people.</param>
public sealed record BadField(string Field, string Reason, string Description);
