using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Broker.Events;
using StockAuthority.Connectors.Broker.Kafka;
using StockAuthority.Connectors.Broker.RabbitMq;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Runtime.Forwarding;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Broker;

/// <summary>One process for one tenant and one event platform: <c>Broker:Channel</c> says which, by default <c>rabbitmq</c>.</summary>
internal static class BrokerConnector
{
    private const string RabbitMq = "rabbitmq";
    private const string Kafka = "kafka";

    public static Task<int> RunAsync(string[] args, TextWriter errors) => ConnectorProgram.RunAsync(args, errors, Configure);

    /// <summary>Registers everything; one sentence about the settings where they are not usable.</summary>
    public static string? Configure(WebApplicationBuilder builder)
    {
        var settings = new SettingsReader(builder.Configuration);
        var authority = ConnectorHosting.ReadAuthority(settings);
        var channel = settings.Text("Broker:Channel") ?? RabbitMq;
        var connector = ConnectorOptions.Read(settings, defaultConsumer: "broker-" + channel);
        var declaration = ChannelDeclarationOptions.Read(settings, channel);
        declaration.Declaration.WholeJournal = true;
        Action<IServiceCollection>? add = channel switch
        {
            RabbitMq => Add(RabbitMqOptions.Read(settings)),
            Kafka => Add(KafkaOptions.Read(settings, connector)),
            _ => null,
        };
        if (add is null)
        {
            settings.Wrong($"Broker:Channel is neither {RabbitMq} nor {Kafka}");
        }

        if (declaration.Declaration.InitialRollout is not ({ Mode: ChannelMode.Off } or { Mode: ChannelMode.On, Percent: 100 }))
        {
            settings.Wrong("Channel:InitialRollout is neither off nor 100, and a feed is whole or not at all");
        }

        if (declaration.SafetyBuffers.Count > 0)
        {
            settings.Wrong("Channel:SafetyBuffers is set, and a feed says what moved: nothing can be kept back from it");
        }

        if (ConnectorProgram.Problem(builder, settings) is { } problem)
        {
            return problem;
        }

        builder.AddServiceDefaults("stockauthority-connector-broker");
        builder.Services.AddSingleton(new StockChangeEvents(connector.TenantId));
        add!(builder.Services);
        builder.Services.AddFeedConnector(connector, declaration, authority);
        return null;
    }

    private static Action<IServiceCollection> Add(RabbitMqOptions options) => services =>
    {
        services.AddSingleton(options);
        services.AddSingleton<IFeedChannel, RabbitMqChannel>();
    };

    private static Action<IServiceCollection> Add(KafkaOptions options) => services =>
    {
        services.AddSingleton(options);
        services.AddSingleton<IFeedChannel, KafkaChannel>();
    };
}
