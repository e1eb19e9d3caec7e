using System.Diagnostics.Metrics;

namespace StockAuthority.Server.Infrastructure;

/// <summary>Who was turned away, and why. Counted, not logged: a line for each would let anybody fill the log.</summary>
internal static class AccessTelemetry
{
    private static readonly Meter Meter = new("StockAuthority.Access");

    private static readonly Counter<long> RefusedCalls = Meter.CreateCounter<long>(
        "stockauthority.access.refused", "{call}", "Calls and commands refused at the door, by reason.");

    public static void Refused(string reason) => RefusedCalls.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
