using System.Collections.Frozen;
using System.Net.Mime;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Inbox;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Stripe;

internal sealed class StripeProvider(FrozenDictionary<string, StripeAccount> accounts, StripeApi api, TimeSpan pullInterval, int? firstDays) : IPaymentProvider
{
    public string Name => StripeTranslation.Provider;

    public IReadOnlyDictionary<string, string> Tenants { get; } = accounts.ToFrozenDictionary(each => each.Key, each => each.Value.TenantId, StringComparer.Ordinal);

    public IReadOnlyList<string> StoredHeaders { get; } = [StripeSignature.Header, "Content-Type", "User-Agent"];

    /// <summary>How often events are pulled.</summary>
    public TimeSpan PullInterval { get; } = pullInterval;

    /// <summary>How far back the first pull of an account reaches; null for its first webhook.</summary>
    public int? FirstDays { get; } = firstDays;

    /// <summary>The accounts whose events are pulled: those with a key, unless it is turned off.</summary>
    public IReadOnlyList<PulledAccount> PulledAccounts { get; } = pullInterval == TimeSpan.Zero
        ? []
        : [.. accounts.Where(each => each.Value.ApiKey is not null).Select(each => new PulledAccount(each.Value.TenantId, StripeTranslation.Provider, each.Key))];

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
        new StripeApi(settings.Address("Stripe:ApiBaseUrl", StripeApi.PublicAddress)),
        TimeSpan.FromMinutes(settings.Number("Stripe:GapDetection:IntervalMinutes", fallback: 15, lowest: 0, highest: 1440)),
        settings.Number("Stripe:GapDetection:FirstDays", fallback: -1, lowest: 0, highest: 30) is >= 0 and var days ? days : null);

    public IReadOnlyList<SignatureVerdict> Verify(string account, IHeaderDictionary headers, byte[] body, DateTimeOffset now) =>
        [StripeSignature.Verify(headers[StripeSignature.Header], body, accounts[account].SigningSecrets, now)];

    public string? EventId(ReadOnlySpan<byte> body) => StripeEventId.Read(body);

    public IResult Acknowledge() => TypedResults.Text("""{"received":true}""", MediaTypeNames.Application.Json);

    public PaymentEvent Translate(InboxRow row) => StripeTranslation.Translate(row, accounts.GetValueOrDefault(row.Account));

    public bool IsIncomplete(InboxRow row) => accounts.GetValueOrDefault(row.Account) is { ApiKey: not null } account
        && StripeEnvelope.Read(row, envelope => StripeThinEvents.NeedsObject(envelope) || StripeSettlement.Announced(envelope, account) is not null);

    public IAsyncEnumerable<FetchOutcome> FetchAsync(InboxRow row, HttpClient http, CancellationToken cancellationToken) => StripeEnvelope.Read(row, StripeThinEvents.NeedsObject)
        ? StripeThinEvents.FetchAsync(api, http, accounts[row.Account].ApiKey!, row, cancellationToken)
        : StripeSettlement.FetchAsync(api, http, accounts[row.Account], row, cancellationToken);

    public async Task<StripeEventPage> ListEventsAsync(string account, StripeEventFilter filter, string? after, HttpClient http, CancellationToken cancellationToken)
    {
        var (key, id) = (accounts[account].ApiKey!, accounts[account].AccountId);
        return await api.GetAsync(http, key, StripeEventList.Path(filter, after), ("Stripe-Account", id), cancellationToken) switch
        {
            StripeAnswer.Given given => StripeEventList.Read(given.Body),
            StripeAnswer.Refused refused => new StripeEventPage.Refused(refused.Reason),
            _ => throw new InvalidOperationException("An answer is given or refused."),
        };
    }
}
