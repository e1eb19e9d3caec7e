using System.Globalization;
using Confluent.Kafka;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Broker.Kafka;

/// <summary>Section <c>Kafka</c>; docs/broker.md describes it.</summary>
/// <param name="Topic">Where the events go. It is not made here: its partitions are a decision.</param>
/// <param name="Client">All of librdkafka's settings but those that the delivery rests on.</param>
/// <param name="PasswordFile">Of SASL; read whenever a producer is made.</param>
internal sealed record KafkaOptions(string Topic, IReadOnlyDictionary<string, string> Client, string? PasswordFile)
{
    /// <summary>What the promises rest on is not for configuration.</summary>
    private static readonly HashSet<string> Ours = new(StringComparer.Ordinal)
    {
        "bootstrap.servers", "enable.idempotence", "acks", "request.required.acks", "message.timeout.ms", "delivery.timeout.ms", "transactional.id",
        "max.in.flight", "max.in.flight.requests.per.connection", "retries", "message.send.max.retries", "queuing.strategy", "partitioner", "sasl.password",
    };

    public static KafkaOptions Read(SettingsReader settings, ConnectorOptions connector)
    {
        var client = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Murmur2 of the key, as the Java clients do: others who write the same keys find the same partitions.
            ["partitioner"] = "murmur2_random",
            ["linger.ms"] = "5",
            ["client.id"] = "stockauthority",
        };
        foreach (var entry in settings.Configuration.GetSection("Kafka:Client").GetChildren())
        {
            // A shell loses environment variables with a dot in their name, and none of the settings has an underscore.
            var name = entry.Key.ToLowerInvariant().Replace('_', '.');
            if (Ours.Contains(name))
            {
                settings.Wrong($"{entry.Path} is not for configuration{(name == "sasl.password" ? ": use Kafka:PasswordFile" : "")}");
            }

            client[name] = entry.Value ?? "";
        }

        client["bootstrap.servers"] = settings.Required("Kafka:BootstrapServers");
        client["enable.idempotence"] = "true";
        client["acks"] = "all";

        // The client gives a message up before the runtime does: whoever takes over finds nothing of ours under way.
        client["message.timeout.ms"] = ((long)(connector.AttemptTimeout.TotalMilliseconds * 0.8)).ToString(CultureInfo.InvariantCulture);
        var options = new KafkaOptions(settings.Required("Kafka:Topic"), client, settings.Text("Kafka:PasswordFile"));
        if (Problem(client) is { } problem)
        {
            settings.Wrong($"Kafka:Client: {problem}");
        }

        return options;
    }

    /// <summary>The password is a file's, so it is added late.</summary>
    public ProducerConfig Producer()
    {
        var config = new ProducerConfig(new Dictionary<string, string>(Client, StringComparer.Ordinal));
        if (PasswordFile is not null)
        {
            config.SaslPassword = File.ReadAllText(PasswordFile).Trim();
        }

        return config;
    }

    /// <summary>What librdkafka says of the settings; null where it takes them. It connects to nothing until there is something to send.</summary>
    private static string? Problem(Dictionary<string, string> client)
    {
        try
        {
            using var producer = new ProducerBuilder<string, byte[]>(client.Where(setting => setting.Key != "bootstrap.servers")).Build();
            return null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or KafkaException)
        {
            return exception.Message;
        }
    }
}
