using StockAuthority.Database;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>The schema <c>square</c>, in whichever database.</summary>
internal sealed class IncomingMigration(IncomingOptions options, TimeProvider clock, ILogger<IncomingMigration> logger)
    : DatabaseMigration(options.ConnectionString, "square", typeof(IncomingMigration).Assembly, clock, logger);
