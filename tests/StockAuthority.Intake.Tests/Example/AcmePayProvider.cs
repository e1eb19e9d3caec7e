using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Example;

/// <summary>The provider of docs/adding-a-provider.md: a header with the HMAC-SHA256 of the body, one event in a body.</summary>
internal sealed class AcmePayProvider(FrozenDictionary<string, AcmePayProvider.Merchant> accounts) : IPaymentProvider
{
    public const string SignatureHeader = "X-AcmePay-Signature";

    public string Name => "acmepay";

    public IReadOnlyDictionary<string, string> Tenants { get; } = accounts.ToFrozenDictionary(each => each.Key, each => each.Value.TenantId, StringComparer.Ordinal);

    public IReadOnlyList<string> StoredHeaders { get; } = [SignatureHeader];

    public static IPaymentProvider Read(ProviderSettings settings) => new AcmePayProvider(settings.Accounts("AcmePay", account =>
        new Merchant(settings.Required(account, "TenantId"), settings.Secrets(account, "Secrets"))));

    public static string Sign(byte[] body, string secret) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));

    public IReadOnlyList<SignatureVerdict> Verify(string account, IHeaderDictionary headers, byte[] body, DateTimeOffset now)
    {
        var given = Encoding.UTF8.GetBytes(headers[SignatureHeader].ToString());
        foreach (var (position, secret) in accounts[account].Secrets.Index())
        {
            if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(body, secret)), given))
            {
                return [new SignatureVerdict.Verified(position)];
            }
        }

        return [new SignatureVerdict.Rejected("SIGNATURE_MISMATCH", "The signature is not the body's under any of the account's secrets.")];
    }

    public IResult Acknowledge() => TypedResults.NoContent();

    public PaymentEvent Translate(InboxRow row)
    {
        try
        {
            using var document = JsonDocument.Parse(row.Body, Translated.Strict);
            var problems = new List<string>();
            var fields = new EventFields(document.RootElement, "event", problems);
            var (id, type) = (fields.Text("id"), fields.Text("type"));
            var translated = type == "payment.captured" ? Captured(fields) : new PaymentEvent { EventType = PaymentEventType.Unknown };
            translated.OccurTime = fields.Time("at").ToTimestamp();
            translated.ProviderEventId = id;
            return problems.Count > 0
                ? Translated.Unreadable(Name, row, id, type, problems)
                : Translated.Stamped(translated, Name, row, type, problems);
        }
        catch (JsonException malformed)
        {
            return Translated.Unreadable(Name, row, "", "", [Translated.Defect(malformed)]);
        }
    }

    private static PaymentEvent Captured(EventFields fields) => new()
    {
        EventType = PaymentEventType.CaptureSucceeded,
        PaymentObjectId = fields.Text("payment"),
        ModificationRef = fields.Text("payment"),
        OrderRef = fields.Text("order"),
        Amount = new Money { Currency = fields.Currency("currency"), MinorUnits = fields.MinorUnits("amount") },
        FullAmount = true,
    };

    internal sealed record Merchant(string TenantId, IReadOnlyList<string> Secrets);
}
