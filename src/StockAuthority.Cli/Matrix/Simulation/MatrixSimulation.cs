using StockAuthority.Cli.Verification;
using StockAuthority.Core.Payments;

namespace StockAuthority.Cli.Matrix.Simulation;

/// <summary>
/// Replays the stored payment events, order by order, under the matrix that decided them and under another. Only an order whose
/// recorded resolutions all come out again under the first is compared: of it alone is known that the matrix makes the difference.
/// Memory holds one page of orders and the counts.
/// </summary>
internal static class MatrixSimulation
{
    /// <exception cref="VerificationException">There is no such tenant.</exception>
    public static async Task<SimulationReport> RunAsync(
        string postgres,
        TriggerMatrices current,
        TriggerMatrices candidate,
        string? tenantId,
        int examples,
        Action<double> onProgress,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        await using var source = LedgerReads.Source(postgres);
        var history = new StoredHistory(source);
        var (total, tenants) = await history.TotalAsync(tenantId, cancellationToken);
        if (tenants == 0 && tenantId is not null)
        {
            throw new VerificationException($"The ledger has no tenant {tenantId}.");
        }

        var report = new SimulationReport(examples);
        await foreach (var (events, orders) in history.PagesAsync(tenantId, cancellationToken))
        {
            report.Events += events;
            foreach (var order in orders)
            {
                report.Compare(order, current, candidate);
            }

            onProgress(total == 0 ? 1 : Math.Min(1, (double)report.Events / total));
        }

        report.Duration = time.GetElapsedTime(started);
        return report;
    }
}
