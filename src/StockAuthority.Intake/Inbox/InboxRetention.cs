using Npgsql;
using StockAuthority.Database;

namespace StockAuthority.Intake.Inbox;

/// <summary>How long finished rows of the inbox stay.</summary>
internal sealed partial class InboxRetention(NpgsqlDataSource database, InboxMigration migration, IntakeSettings settings, TimeProvider clock, ILogger<InboxRetention> logger)
    : RowRetention(database, migration, DeleteSql, settings.Retention, clock, logger);
