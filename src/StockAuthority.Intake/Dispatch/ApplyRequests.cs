using System.Security.Cryptography;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Intake.Providers;
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
        ReceiveTime = row.ReceivedAt.ToTimestamp(),
        Event = settings.Providers.TryGetValue(row.Provider, out var provider)
            ? Translate(provider, row)
            : throw new InvalidOperationException($"Row {row.InboxId} is of a provider that this version does not know."),
    };

    /// <summary>A defect of a translation parks its own events for people; retrying would hide them without end.</summary>
    private static PaymentEvent Translate(IPaymentProvider provider, InboxRow row)
    {
        try
        {
            return provider.Translate(row);
        }
        catch (Exception defect)
        {
            // Never the message, which could quote the body.
            return Translated.Unreadable(provider.Name, row, "", "", [$"the translation failed with {defect.GetType().Name}"]);
        }
    }

    /// <summary>One for each delivery and each replay, so that an extra one is recorded as the no-op that it is.</summary>
    private static string IdempotencyKey(InboxRow row)
    {
        var key = $"{row.Provider}:{row.Account}:{row.InboxId}" + (row.ReplayCount == 0 ? "" : $":replay-{row.ReplayCount}");
        return key.Length <= LongestKeyLength
            ? key
            : $"{row.Provider}:sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";
    }
}
