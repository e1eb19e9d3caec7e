using System.Collections.Frozen;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Stripe;

internal sealed class StripeProvider(FrozenDictionary<string, StripeAccount> accounts, StripeApi api) : IPaymentProvider
{
    public string Name => StripeTranslation.Provider;

    public IReadOnlyDictionary<string, string> Tenants { get; } = accounts.ToFrozenDictionary(each => each.Key, each => each.Value.TenantId, StringComparer.Ordinal);

    public IReadOnlyList<string> StoredHeaders { get; } = [StripeSignature.Header, "Content-Type", "User-Agent"];

    public static IPaymentProvider Read(ProviderSettings settings) => new StripeProvider(
        settings.Accounts("Stripe", account =>
        {
            var versions = ProviderSettings.Texts(account, "ApiVersions");
            return new StripeAccount(
                settings.Required(account, "TenantId"),
                settings.Secrets(account, "SigningSecrets"),
                versions.Count == 0 ? StripeApiVersions.Known : new StripeApiVersions(versions),
                account["AccountId"],
                account["ApiKey"] is { Length: > 0 } key ? key : null);
        }),
        new StripeApi(settings.Address("Stripe:ApiBaseUrl", StripeApi.PublicAddress)));

    public IReadOnlyList<SignatureVerdict> Verify(string account, IHeaderDictionary headers, byte[] body, DateTimeOffset now) =>
        [StripeSignature.Verify(headers[StripeSignature.Header], body, accounts[account].SigningSecrets, now)];

    public IResult Acknowledge() => TypedResults.Ok(new { received = true });

    public PaymentEvent Translate(InboxRow row) => StripeTranslation.Translate(row, accounts.GetValueOrDefault(row.Account));

    public bool IsIncomplete(InboxRow row) => accounts.GetValueOrDefault(row.Account)?.ApiKey is not null && StripeThinEvents.NeedsObject(row);

    public Task<FetchOutcome> FetchAsync(InboxRow row, HttpClient http, CancellationToken cancellationToken) =>
        StripeThinEvents.FetchAsync(api, http, accounts[row.Account].ApiKey!, row, cancellationToken);
}
