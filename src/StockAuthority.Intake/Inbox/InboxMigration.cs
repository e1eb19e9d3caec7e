using StockAuthority.Database;

namespace StockAuthority.Intake.Inbox;

/// <summary>The inbox database. Until it is there webhooks get 503.</summary>
internal sealed class InboxMigration(IntakeSettings settings, TimeProvider clock, ILogger<InboxMigration> logger)
    : DatabaseMigration(settings.InboxConnectionString, schema: null, typeof(InboxMigration).Assembly, clock, logger);
