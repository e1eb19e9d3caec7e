using Grpc.Net.Client;
using Npgsql;
using StockAuthority.Client;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Database;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>Puts together what reads and books the tills' changes.</summary>
internal static class IncomingHosting
{
    private const long LargestBodyBytes = 1024 * 1024;

    public static void AddIncoming(this WebApplicationBuilder builder, IncomingOptions options, ConnectorOptions connector, StockAuthorityClientOptions authority)
    {
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = LargestBodyBytes);

        // A line or more for each request would let anyone fill the log; what is turned away is counted.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        var services = builder.Services;
        services.AddSingleton(options);
        services.AddSingleton(_ => NpgsqlDataSource.Create(options.ConnectionString));
        services.AddSingleton<IncomingMigration>();
        services.AddSingleton<DatabaseMigration>(provider => provider.GetRequiredService<IncomingMigration>());
        services.AddHostedService(provider => provider.GetRequiredService<IncomingMigration>());
        services.AddHealthChecks().AddCheck<DatabaseHealthCheck>("incoming-database");
        services.AddHostedService<ChangeRetention>();
        services.AddHostedService<WebhookRetention>();

        authority.Tenant = connector.TenantId;
        services.AddSingleton(provider => new StockAuthorityClient(provider.GetRequiredService<GrpcChannel>(), authority));
        services.AddSingleton<IncomingSignals>();
        services.AddSingleton<IncomingMetrics>();
        services.AddSingleton<WebhookInbox>();
        services.AddSingleton<WebhookReceiver>();
        services.AddSingleton<ChangeStore>();
        services.AddSingleton<RefusedChanges>();
        services.AddHostedService<ChangePull>();
        services.AddHostedService<ChangeBooking>();
    }

    /// <summary>The webhooks' endpoint, where they are set up.</summary>
    public static void MapIncoming(this WebApplication app)
    {
        if (app.Services.GetService<IncomingOptions>() is { NotificationUrl: not null })
        {
            app.MapPost(WebhookReceiver.Path, (HttpContext context, WebhookReceiver receiver) => receiver.ReceiveAsync(context));
        }
    }
}
