using System.Collections.Frozen;
using StockAuthority.Client;
using StockAuthority.Database;
using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake;

/// <summary>The process's settings, complete and checked: nothing behind this type reads configuration.</summary>
internal sealed record IntakeSettings
{
    public required string InboxConnectionString { get; init; }

    public required StockAuthorityClientOptions Authority { get; init; }

    /// <summary>By their names.</summary>
    public required FrozenDictionary<string, IPaymentProvider> Providers { get; init; }

    /// <summary>How long finished rows stay. Longer than any provider retries or lets missed events be listed.</summary>
    public required TimeSpan Retention { get; init; }

    public required int DispatchConcurrency { get; init; }

    /// <summary>How often what an event names is asked for, with growing delays up to 15 minutes, before the event is parked.</summary>
    public required int FetchAttempts { get; init; }

    /// <exception cref="SettingsException">Settings are missing or wrong; the message names all of them.</exception>
    public static IntakeSettings Read(IConfiguration configuration, IReadOnlyList<ProviderRegistration> registrations)
    {
        var missing = new List<string>();
        var inbox = Required(configuration, "ConnectionStrings:Inbox", missing);
        var address = Required(configuration, "StockAuthority:Address", missing);
        var tokenFile = configuration["StockAuthority:TokenFile"];
        var token = configuration["StockAuthority:Token"];
        var certificateFile = configuration["StockAuthority:ClientCertificateFile"];
        if (string.IsNullOrWhiteSpace(tokenFile) && string.IsNullOrWhiteSpace(token) && string.IsNullOrWhiteSpace(certificateFile))
        {
            missing.Add("StockAuthority:TokenFile (or StockAuthority:Token, or StockAuthority:ClientCertificateFile)");
        }

        var providers = registrations.Select(read => read(new ProviderSettings(configuration, missing))).ToFrozenDictionary(provider => provider.Name, StringComparer.Ordinal);
        if (providers.Values.All(provider => provider.Tenants.Count == 0))
        {
            missing.Add("an account of a provider (for example Stripe:Accounts:{account}:TenantId with Stripe:Accounts:{account}:SigningSecrets:0)");
        }

        if (missing.Count > 0)
        {
            throw new SettingsException($"StockAuthority.Intake cannot start because these settings are missing: {string.Join(", ", missing)}.");
        }

        return new IntakeSettings
        {
            InboxConnectionString = ConnectionString(inbox),
            Authority = new StockAuthorityClientOptions
            {
                Address = Address(address),
                Token = string.IsNullOrWhiteSpace(token) ? null : token,
                TokenFile = string.IsNullOrWhiteSpace(tokenFile) ? null : tokenFile,
                CaFile = configuration["StockAuthority:CaFile"],
                ClientCertificateFile = certificateFile,
                ClientKeyFile = configuration["StockAuthority:ClientKeyFile"],
            },
            Providers = providers,
            Retention = TimeSpan.FromDays(ProviderSettings.Number(configuration, "Inbox:RetentionDays", fallback: 35, lowest: 1, highest: 3650)),
            DispatchConcurrency = ProviderSettings.Number(configuration, "Inbox:DispatchConcurrency", fallback: 256, lowest: 1, highest: 1024),
            FetchAttempts = ProviderSettings.Number(configuration, "Inbox:FetchAttempts", fallback: 30, lowest: 1, highest: 1000),
        };
    }

    private static string Required(IConfiguration configuration, string key, List<string> missing)
    {
        if (configuration[key] is { } value && !string.IsNullOrWhiteSpace(value))
        {
            return value;
        }

        missing.Add(key);
        return "";
    }

    private static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            ? address
            : throw new SettingsException("StockAuthority.Intake cannot start because StockAuthority:Address is not an http or https address.");

    private static string ConnectionString(string text)
    {
        var builder = ConnectionStrings.Parse(text)
            ?? throw new SettingsException("StockAuthority.Intake cannot start because ConnectionStrings:Inbox is not a PostgreSQL connection string.");

        // Providers give up after some 10 seconds: an answer that says "try later" must come before that.
        builder.Timeout = builder.ShouldSerialize("Timeout") ? builder.Timeout : 4;
        builder.CommandTimeout = builder.ShouldSerialize("Command Timeout") ? builder.CommandTimeout : 5;

        builder.MaxPoolSize = builder.ShouldSerialize("Maximum Pool Size") ? builder.MaxPoolSize : 16;
        ConnectionStrings.PlanForQueues(builder);
        return builder.ConnectionString;
    }
}
