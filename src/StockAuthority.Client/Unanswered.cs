using Grpc.Core;

namespace StockAuthority.Client;

/// <summary>The budget is spent and the authority has not said what became of the request.</summary>
/// <param name="Attempts">How often it was sent.</param>
/// <param name="LastCode">The status of the last attempt.</param>
/// <param name="LastReason">Its reason from docs/errors.md; empty where the network failed it.</param>
/// <param name="Message">A sentence for people.</param>
public sealed record Unanswered(int Attempts, StatusCode LastCode, string LastReason, string Message);
