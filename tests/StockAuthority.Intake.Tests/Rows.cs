using StockAuthority.Intake.Dispatch;

namespace StockAuthority.Intake.Tests;

/// <summary>Stored webhooks, as translations are given them.</summary>
internal static class Rows
{
    public static readonly DateTimeOffset ReceivedAt = DateTimeOffset.Parse("2026-01-15T12:00:00Z", System.Globalization.CultureInfo.InvariantCulture);

    public static InboxRow Of(byte[] body, int itemPosition = 0, string provider = "stripe") =>
        new(Guid.Empty, RunningIntake.Tenant, provider, RunningIntake.Account, ReceivedAt, body, AttemptCount: 1, itemPosition);
}
