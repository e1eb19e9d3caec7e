using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace StockAuthority.Server.Inventory;

/// <summary>What the ledger reports about itself.</summary>
internal static class LedgerTelemetry
{
    public static readonly ActivitySource Source = new("StockAuthority.Ledger");

    private static readonly Meter Meter = new("StockAuthority.Ledger");

    public static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>(
        "stockauthority.ledger.batch.size", "{command}", "Commands in one transaction.");

    public static readonly Histogram<double> BatchDuration = Meter.CreateHistogram<double>(
        "stockauthority.ledger.batch.duration", "s", "From the first read to the commit, retries included.");

    public static readonly Counter<long> BatchRetries = Meter.CreateCounter<long>(
        "stockauthority.ledger.batch.retries", "{retry}", "Batches run again after a transient failure.");

    public static readonly Counter<long> StaleBatches = Meter.CreateCounter<long>(
        "stockauthority.ledger.batch.stale", "{batch}", "Batches decided from memory that another server had overtaken, and run again.");

    public static readonly Counter<long> RemovedOutcomes = Meter.CreateCounter<long>(
        "stockauthority.ledger.outcomes.removed", "{outcome}", "Stored answers removed after their retention.");

    public static readonly Counter<long> PoisonCommands = Meter.CreateCounter<long>(
        "stockauthority.ledger.commands.poison", "{command}", "Commands that failed alone.");

    public static readonly Counter<long> AbandonedCommands = Meter.CreateCounter<long>(
        "stockauthority.ledger.commands.abandoned", "{command}", "Commands dropped before the decision because nobody waited any more.");

    public static readonly Counter<long> RejectedCommands = Meter.CreateCounter<long>(
        "stockauthority.ledger.commands.rejected", "{command}", "Commands refused because the queue was full.");
}
