using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Webhook.Messages;
using StockAuthority.Connectors.Webhook.Subscriptions;
using StockAuthority.Database;

namespace StockAuthority.Connectors.Webhook;

/// <summary>
/// Section <c>Webhook</c> and the database <c>ConnectionStrings:Webhooks</c>. Subscribers are a list: <c>Webhook:Subscribers:0:Name</c>,
/// <c>:Url</c>, <c>:SecretFile</c>, and the filters <c>:EventTypes:0</c>, <c>:SkuPrefixes:0</c>, <c>:Locations:0</c> and so on.
/// </summary>
internal sealed record WebhookOptions
{
    private const int LongestName = 128;

    public required string ConnectionString { get; init; }

    public required IReadOnlyList<Subscriber> Subscribers { get; init; }

    /// <summary>Plain http, and addresses of this machine and its networks. Never in production.</summary>
    public required bool AllowPrivateTargets { get; init; }

    /// <summary>How long a subscriber has for its answer; the specification recommends 15 to 30 seconds.</summary>
    public required TimeSpan AttemptTimeout { get; init; }

    /// <summary>Requests to one subscriber at a time, each about another level.</summary>
    public required int ConcurrentRequests { get; init; }

    /// <summary>How often the database is looked at for what is due.</summary>
    public required TimeSpan PollInterval { get; init; }

    /// <summary>How long finished messages stay in the delivery log.</summary>
    public required TimeSpan Retention { get; init; }

    /// <summary>Reads the section; what is missing or unusable is noted in <paramref name="settings"/>.</summary>
    public static WebhookOptions Read(SettingsReader settings, bool isProduction)
    {
        var allowPrivate = settings.Text("Webhook:AllowPrivateTargets") is { } text && bool.TryParse(text, out var allowed) && allowed;
        if (allowPrivate && isProduction)
        {
            settings.Wrong("Webhook:AllowPrivateTargets is true, and this is production");
        }

        return new WebhookOptions
        {
            ConnectionString = ConnectionStringOf(settings),
            Subscribers = ReadSubscribers(settings, allowPrivate),
            AllowPrivateTargets = allowPrivate,
            AttemptTimeout = settings.Duration("Webhook:AttemptTimeout", TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(30)),
            ConcurrentRequests = settings.Number("Webhook:ConcurrentRequests", 8, 1, 64),
            PollInterval = settings.Duration("Webhook:PollInterval", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            Retention = settings.Duration("Webhook:Retention", TimeSpan.FromDays(30), TimeSpan.FromDays(1), TimeSpan.FromDays(3650)),
        };
    }

    private static List<Subscriber> ReadSubscribers(SettingsReader settings, bool allowPrivate)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var subscribers = new List<Subscriber>();
        foreach (var entry in settings.Configuration.GetSection("Webhook:Subscribers").GetChildren())
        {
            var name = settings.Required($"{entry.Path}:Name");
            if (name.Length > LongestName || !names.Add(name))
            {
                settings.Wrong($"{entry.Path}:Name is longer than {LongestName} characters or taken");
            }

            var url = settings.RequiredAddress($"{entry.Path}:Url");
            if (url.Scheme != Uri.UriSchemeHttps && !allowPrivate)
            {
                settings.Wrong($"{entry.Path}:Url is not https");
            }

            if (url.UserInfo.Length > 0)
            {
                settings.Wrong($"{entry.Path}:Url has a user name or password, which logs would show");
            }

            var eventTypes = Words(entry, "EventTypes");
            if (eventTypes.FirstOrDefault(type => !WebhookEvents.Types.Contains(type)) is { } unknown)
            {
                settings.Wrong($"{entry.Path}:EventTypes has {unknown}, which is none of {string.Join(", ", WebhookEvents.Types)}");
            }

            if (SigningSecrets.Open(settings.Required($"{entry.Path}:SecretFile")) is { } secrets)
            {
                subscribers.Add(new Subscriber(
                    name, url, secrets, eventTypes.ToHashSet(StringComparer.Ordinal), Words(entry, "SkuPrefixes"), Words(entry, "Locations").ToHashSet(StringComparer.Ordinal)));
            }
            else
            {
                settings.Wrong($"{entry.Path}:SecretFile cannot be read as 1 to 4 lines of {SigningSecrets.Prefix} and the base64 of 24 to 64 bytes");
            }
        }

        return subscribers;
    }

    private static string[] Words(IConfigurationSection entry, string name) => [.. entry.GetSection(name).GetChildren().Select(word => word.Value).OfType<string>()];

    private static string ConnectionStringOf(SettingsReader settings)
    {
        if (ConnectionStrings.Parse(settings.Required("ConnectionStrings:Webhooks")) is { } connection)
        {
            ConnectionStrings.PlanForQueues(connection);
            return connection.ConnectionString;
        }

        settings.Wrong("ConnectionStrings:Webhooks is not a PostgreSQL connection string");
        return "";
    }
}
