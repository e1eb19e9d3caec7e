using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Broker.RabbitMq;

/// <summary>Section <c>RabbitMq</c>; docs/broker.md describes it.</summary>
/// <param name="Addresses">The cluster's nodes; any of them is as good.</param>
/// <param name="PasswordFile">Read at each connection, so that a changed one is taken without a start.</param>
/// <param name="AcceptUnroutable">What no queue is bound for is nobody's; else the feed waits for a binding.</param>
internal sealed record RabbitMqOptions(
    IReadOnlyList<Uri> Addresses,
    string VirtualHost,
    string UserName,
    string? PasswordFile,
    string? Password,
    string? CaFile,
    string? ClientCertificateFile,
    string? ClientKeyFile,
    string Exchange,
    bool DeclareExchange,
    bool AcceptUnroutable)
{
    public const string DefaultExchange = "stockauthority.changes";

    public static RabbitMqOptions Read(SettingsReader settings)
    {
        var options = new RabbitMqOptions(
            Nodes(settings),
            settings.Text("RabbitMq:VirtualHost") ?? "/",
            settings.Required("RabbitMq:UserName"),
            settings.Text("RabbitMq:PasswordFile"),
            settings.Text("RabbitMq:Password"),
            settings.Text("RabbitMq:CaFile"),
            settings.Text("RabbitMq:ClientCertificateFile"),
            settings.Text("RabbitMq:ClientKeyFile"),
            settings.Text("RabbitMq:Exchange") ?? DefaultExchange,
            settings.Choice("RabbitMq:DeclareExchange", true),
            Unroutable(settings));
        if (options is { PasswordFile: null, Password: null })
        {
            settings.Wrong("neither RabbitMq:PasswordFile nor RabbitMq:Password is set (environment: RabbitMq__PasswordFile)");
        }

        return options;
    }

    private static List<Uri> Nodes(SettingsReader settings)
    {
        var allowPlainText = settings.Choice("RabbitMq:AllowPlainText", false);
        List<Uri> nodes = [];
        foreach (var entry in settings.Configuration.GetSection("RabbitMq:Addresses").GetChildren())
        {
            if (!Uri.TryCreate(entry.Value, UriKind.Absolute, out var node) || node.Scheme is not ("amqp" or "amqps") || node.UserInfo.Length > 0 || node.AbsolutePath.Length > 1)
            {
                settings.Wrong($"{entry.Path} is not an address such as amqps://rabbitmq-1:5671, without user, password and virtual host");
            }
            else if (node.Scheme == "amqp" && !node.IsLoopback && !allowPlainText)
            {
                settings.Wrong($"{entry.Path} would carry the password unencrypted: use amqps, or set RabbitMq:AllowPlainText where something else encrypts");
            }
            else
            {
                nodes.Add(node);
            }
        }

        if (!settings.Configuration.GetSection("RabbitMq:Addresses").GetChildren().Any())
        {
            settings.Wrong("RabbitMq:Addresses:0 is not set (environment: RabbitMq__Addresses__0)");
        }

        return nodes;
    }

    private static bool Unroutable(SettingsReader settings)
    {
        var unroutable = settings.Text("RabbitMq:Unroutable") ?? "hold";
        if (unroutable is not ("hold" or "accept"))
        {
            settings.Wrong("RabbitMq:Unroutable is neither hold nor accept");
        }

        return unroutable == "accept";
    }
}
