using StockAuthority.Connectors.Runtime;
using StockAuthority.Database;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>
/// How what happens at the tills is read. On where <c>ConnectionStrings:Pos</c> names a database; webhooks are taken where
/// <c>Square:Webhook:NotificationUrl</c> and <c>Square:Webhook:SignatureKeys:0</c> are set as well, and without them the list is only polled.
/// </summary>
internal sealed record IncomingOptions
{
    public required string ConnectionString { get; init; }

    /// <summary>The address as the webhook subscription has it, to the letter: it is a part of what is signed. Null: no webhooks.</summary>
    public required Uri? NotificationUrl { get; init; }

    /// <summary>Several are valid at once while one is being rotated.</summary>
    public required IReadOnlyList<string> SignatureKeys { get; init; }

    /// <summary>How often the list is read without a webhook: how late a sale is booked whose webhook was lost.</summary>
    public required TimeSpan PollInterval { get; init; }

    /// <summary>The pause after a reading; what webhooks announce meanwhile is read at once.</summary>
    public required TimeSpan Pause { get; init; }

    /// <summary>How far back the list is read again: Square may list a change later than one that it received later.</summary>
    public required TimeSpan Overlap { get; init; }

    /// <summary>How often refused changes are tried again.</summary>
    public required TimeSpan RefusedInterval { get; init; }

    /// <summary>How long finished rows stay.</summary>
    public required TimeSpan Retention { get; init; }

    /// <summary>Reads the settings; null where what happens at the tills is not read.</summary>
    public static IncomingOptions? Read(SettingsReader settings)
    {
        var url = settings.Text("Square:Webhook:NotificationUrl");
        string[] keys = [.. settings.Configuration.GetSection("Square:Webhook:SignatureKeys").GetChildren().Select(key => key.Value).OfType<string>().Where(key => key.Length > 0)];
        if (url is null != (keys.Length == 0))
        {
            settings.Wrong("one of Square:Webhook:NotificationUrl and Square:Webhook:SignatureKeys:0 is set without the other");
        }

        if (settings.Text("ConnectionStrings:Pos") is null)
        {
            if (url is not null)
            {
                settings.Wrong("Square:Webhook is set and ConnectionStrings:Pos is not");
            }

            return null;
        }

        var minute = TimeSpan.FromMinutes(1);
        var shortest = TimeSpan.FromMilliseconds(10);
        return new IncomingOptions
        {
            ConnectionString = ConnectionStringOf(settings),
            NotificationUrl = url is null ? null : settings.RequiredAddress("Square:Webhook:NotificationUrl"),
            SignatureKeys = keys,
            PollInterval = settings.Duration("Square:Incoming:PollInterval", TimeSpan.FromSeconds(30), shortest, TimeSpan.FromHours(1)),
            Pause = settings.Duration("Square:Incoming:Pause", TimeSpan.FromSeconds(1), shortest, minute),
            Overlap = settings.Duration("Square:Incoming:Overlap", 2 * minute, TimeSpan.Zero, TimeSpan.FromDays(1)),
            RefusedInterval = settings.Duration("Square:Incoming:RefusedInterval", 15 * minute, shortest, TimeSpan.FromDays(1)),
            Retention = settings.Duration("Square:Incoming:Retention", TimeSpan.FromDays(90), TimeSpan.FromDays(2), TimeSpan.FromDays(3650)),
        };
    }

    private static string ConnectionStringOf(SettingsReader settings)
    {
        if (ConnectionStrings.Parse(settings.Required("ConnectionStrings:Pos")) is { } connection)
        {
            return connection.ConnectionString;
        }

        settings.Wrong("ConnectionStrings:Pos is not a PostgreSQL connection string");
        return "";
    }
}
