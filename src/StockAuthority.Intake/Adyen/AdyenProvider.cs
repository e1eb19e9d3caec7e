using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text.Json;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Adyen;

internal sealed class AdyenProvider(FrozenDictionary<string, AdyenAccount> accounts, Uri reports) : IPaymentProvider
{
    private static readonly Uri LiveReports = new("https://ca-live.adyen.com");

    public string Name => AdyenTranslation.Provider;

    public IReadOnlyDictionary<string, string> Tenants { get; } = accounts.ToFrozenDictionary(each => each.Key, each => each.Value.TenantId, StringComparer.Ordinal);

    public IReadOnlyList<string> StoredHeaders { get; } = [AdyenSignature.Header, "Content-Type", "User-Agent"];

    public static IPaymentProvider Read(ProviderSettings settings) => new AdyenProvider(
        settings.Accounts("Adyen", account => new AdyenAccount(
            settings.Required(account, "TenantId"),
            account["MerchantAccount"] is { Length: > 0 } code ? code : account.Key,
            [.. settings.Secrets(account, "HmacKeys").Select((key, position) => Key(key, $"{account.Path}:HmacKeys:{position}"))],

            // Adyen's own default is true, but a wrong guess would sell what nobody has paid for, or never commit.
            Flag(settings.Required(account, "ImmediateCapture"), $"{account.Path}:ImmediateCapture"),
            account["ReportUser"] is { Length: > 0 } user ? new AdyenReportUser(user, settings.Required(account, "ReportPassword")) : null)),
        settings.Address("Adyen:ReportsBaseUrl", LiveReports));

    public IReadOnlyList<SignatureVerdict> Verify(string account, IHeaderDictionary headers, byte[] body, DateTimeOffset now)
    {
        var keys = accounts[account].HmacKeys;
        string? header = headers[AdyenSignature.Header];
        try
        {
            using var document = JsonDocument.Parse(body, Translated.Strict);
            return AdyenBody.Items(document.RootElement) switch
            {
                null => [AdyenSignature.VerifyBody(header, body, keys)],
                [] => [Unreadable("The body's notificationItems are empty.")],
                { Count: > AdyenBody.MostItems } => [new SignatureVerdict.Rejected("TOO_MANY_ITEMS", $"The body has more than {AdyenBody.MostItems} items.", StatusCodes.Status400BadRequest)],
                var items => [.. items.Select(item => AdyenSignature.Verify(item, keys))],
            };
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // The signature is inside: without JSON there is none. A platform webhook's is over the bytes, whatever they are.
            return [string.IsNullOrWhiteSpace(header) ? Unreadable("The body is not JSON, is nested too deeply, or names a property twice.") : AdyenSignature.VerifyBody(header, body, keys)];
        }
    }

    /// <summary>The body is what Adyen demanded before it looked at the status alone; both kinds of endpoint take it.</summary>
    public IResult Acknowledge() => TypedResults.Text("[accepted]");

    public PaymentEvent Translate(InboxRow row) => AdyenTranslation.Translate(row, accounts.GetValueOrDefault(row.Account));

    public bool IsIncomplete(InboxRow row) => accounts.GetValueOrDefault(row.Account) is { Reports: not null } account && AdyenTranslation.SettlementReport(row, account) is not null;

    public async IAsyncEnumerable<FetchOutcome> FetchAsync(InboxRow row, HttpClient http, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var account = accounts[row.Account];
        if (AdyenTranslation.SettlementReport(row, account) is not { } name)
        {
            yield return new FetchOutcome.Failed("an event that announces no settlement report");
            yield break;
        }

        await foreach (var part in AdyenSettlement.FetchAsync(reports, http, account, name, row, cancellationToken))
        {
            yield return part;
        }
    }

    private static SignatureVerdict.Rejected Unreadable(string detail) => new("BODY_UNREADABLE", detail, StatusCodes.Status400BadRequest);

    private static byte[] Key(string text, string path)
    {
        try
        {
            return Convert.FromHexString(text);
        }
        catch (FormatException)
        {
            throw ProviderSettings.Wrong(path, "an HMAC key in hexadecimal, as Adyen's Customer Area gives it");
        }
    }

    // An absent one is among the missing settings already.
    private static bool Flag(string text, string path) => text.Length > 0
        && (bool.TryParse(text, out var flag) ? flag : throw ProviderSettings.Wrong(path, "true or false"));
}
