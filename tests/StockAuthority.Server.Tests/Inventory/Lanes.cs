using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StockAuthority.Server.Exceptions;
using StockAuthority.Server.Inventory;
using StockAuthority.Server.Payments;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>Lanes in this process, for what no server as a process lets a test do.</summary>
internal static class Lanes
{
    public static LedgerRules Rules { get; } =
        new(TriggerMatrixFile.Load(Path.Combine(AppContext.BaseDirectory, "config/trigger-matrix.yaml")), new ExceptionOptions());

    public static Lane Over(NpgsqlDataSource source, TimeProvider time, Action<CommittedBatch>? onCommitted = null) => new(
        0,
        new LedgerOptions(),
        source,
        Rules,
        onCommitted ?? (static _ => { }),
        time,
        NullLogger<Lane>.Instance);
}
