using System.Text.Json;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Stripe;

/// <summary>A row's body, looked at for what it is before it is translated.</summary>
internal static class StripeEnvelope
{
    /// <exception cref="JsonException">It is no JSON: its translation says so.</exception>
    public static T Read<T>(InboxRow row, Func<EventFields, T> read)
    {
        using var document = JsonDocument.Parse(row.Body, Translated.Strict);
        return read(new EventFields(document.RootElement, "event", []));
    }
}
