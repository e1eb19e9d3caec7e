using Npgsql;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Webhook.Delivery;
using StockAuthority.Connectors.Webhook.Messages;
using StockAuthority.Connectors.Webhook.Subscriptions;
using StockAuthority.Database;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Webhook;

/// <summary>Tells subscribers of changed levels by signed webhooks.</summary>
internal static class WebhookConnector
{
    public static Task<int> RunAsync(string[] args, TextWriter errors) => ConnectorProgram.RunAsync(args, errors, Configure);

    /// <summary>Registers everything; one sentence about the settings where they are not usable.</summary>
    public static string? Configure(WebApplicationBuilder builder)
    {
        var settings = new SettingsReader(builder.Configuration);
        var authority = ConnectorHosting.ReadAuthority(settings);
        var connector = ConnectorOptions.Read(settings, defaultConsumer: "webhook");
        var declaration = ChannelDeclarationOptions.Read(settings, kind: "webhook");
        var webhook = WebhookOptions.Read(settings, builder.Environment.IsProduction());
        if (ConnectorProgram.Problem(builder, settings) is { } problem)
        {
            return problem;
        }

        builder.AddServiceDefaults("stockauthority-connector-webhook");
        builder.Services.AddSingleton(webhook);
        builder.Services.AddSingleton<WebhookMetrics>();
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(webhook.ConnectionString));
        builder.Services.AddSingleton<WebhookMigration>();
        builder.Services.AddSingleton<DatabaseMigration>(provider => provider.GetRequiredService<WebhookMigration>());
        builder.Services.AddHostedService(provider => provider.GetRequiredService<WebhookMigration>());
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealthCheck>("webhooks-database");

        builder.Services.AddSingleton<MessageWriter>();
        builder.Services.AddSingleton<MessageQueue>();
        builder.Services.AddSingleton<MessageRetention>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<MessageRetention>());
        builder.Services.AddSingleton<SubscriptionStates>();
        builder.Services.AddSingleton<SubscriberSignals>();
        builder.Services.AddHttpClient<WebhookSender>(Prepare)
            .ConfigurePrimaryHttpMessageHandler(() => SubscriberConnections.Handler(webhook))
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
        builder.Services.AddHostedService<WebhookDispatcher>();
        builder.Services.AddHostedService<SubscriberWatch>();

        builder.Services.AddSingleton<ILevelChannel, WebhookChannel>();
        builder.Services.AddLevelConnector(connector, declaration, authority);
        return null;
    }

    private static void Prepare(HttpClient client)
    {
        // The sender owns the time that an attempt may take.
        client.Timeout = Timeout.InfiniteTimeSpan;
        client.DefaultRequestHeaders.UserAgent.ParseAdd("StockAuthority-Webhook/1");
    }
}
