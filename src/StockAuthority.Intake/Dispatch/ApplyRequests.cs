using System.Security.Cryptography;
using System.Text;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Dispatch;

/// <summary>Makes the request for a row: the same one on every attempt, which is what makes attempts safe.</summary>
internal static class ApplyRequests
{
    private const int LongestKeyLength = 128;

    public static ApplyPaymentEventRequest For(InboxRow row, IntakeSettings settings) => new()
    {
        TenantId = row.TenantId,
        IdempotencyKey = IdempotencyKey(row),
        Event = settings.Providers.TryGetValue(row.Provider, out var provider)
            ? provider.Translate(row)
            : throw new InvalidOperationException($"Row {row.InboxId} is of a provider that this version does not know."),
    };

    /// <summary>One for each delivery, so that an extra delivery is recorded as the no-op that it is.</summary>
    private static string IdempotencyKey(InboxRow row)
    {
        var key = $"{row.Provider}:{row.Account}:{row.InboxId}";
        return key.Length <= LongestKeyLength
            ? key
            : $"{row.Provider}:sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";
    }
}
