using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Client;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Runtime.Delivery;
using StockAuthority.Connectors.Runtime.Feed;
using StockAuthority.Operations.V1;

namespace StockAuthority.Connectors.Runtime;

/// <summary>Puts the shared runtime around a channel.</summary>
public static class ConnectorHosting
{
    /// <summary>Adds the loop from the change feed to the registered <see cref="ILevelChannel"/>, its health check and its metrics.</summary>
    public static IServiceCollection AddLevelConnector(
        this IServiceCollection services, ConnectorOptions options, ChannelDeclarationOptions declaration, StockAuthorityClientOptions authority)
    {
        services.AddLeasedConnector(options, declaration, authority, static provider => new ChannelName(provider.GetRequiredService<ILevelChannel>().Name));
        services.AddSingleton<UnsureLevels>();
        services.AddSingleton<LevelSweep>();
        services.AddSingleton<RefusedLevels>();
        services.AddSingleton<RefusedRetries>();
        services.AddSingleton<PushPipeline>();
        services.AddSingleton<LevelPusher>();
        services.AddSingleton<BulkMetrics>();
        services.AddSingleton<BulkDelivery>();
        services.AddSingleton<IFeedDelivery, LevelDelivery>();
        return services;
    }

    /// <summary>One instance at a time reads the feed and hands it to the <see cref="IFeedDelivery"/>.</summary>
    internal static void AddLeasedConnector(
        this IServiceCollection services, ConnectorOptions options, ChannelDeclarationOptions declaration, StockAuthorityClientOptions authority, Func<IServiceProvider, ChannelName> name)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        services.AddAuthority(options, authority);
        services.AddSingleton(declaration);
        services.AddSingleton(name);
        services.AddSingleton(provider => new ChannelService.ChannelServiceClient(provider.GetRequiredService<GrpcChannel>()));
        services.AddSingleton<ChannelLink>();
        services.AddSingleton<ChannelCases>();
        services.AddSingleton<ChannelHealthMeter>();
        services.AddSingleton<HealthReporter>();
        services.AddSingleton<ConnectorMetrics>();
        services.AddSingleton<JournalReader>();
        services.AddSingleton<CheckpointWriter>();
        services.AddHostedService<ConnectorService>();
    }

    /// <summary>What every connector asks of the authority, and the health check that says whether it answers.</summary>
    internal static void AddAuthority(this IServiceCollection services, ConnectorOptions options, StockAuthorityClientOptions authority)
    {
        services.AddSingleton(options);
        services.AddSingleton(_ => StockAuthorityChannel.Create(authority));
        services.AddSingleton(provider => new ChangeFeedService.ChangeFeedServiceClient(provider.GetRequiredService<GrpcChannel>()));
        services.AddSingleton(provider => new ExceptionService.ExceptionServiceClient(provider.GetRequiredService<GrpcChannel>()));
        services.AddSingleton<FeedConnection>();
        services.AddHealthChecks().AddCheck<FeedConnection>("change-feed");
    }

    /// <summary>Reads where the authority is and who calls it; problems are noted in <paramref name="settings"/>.</summary>
    public static StockAuthorityClientOptions ReadAuthority(SettingsReader settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var authority = new StockAuthorityClientOptions
        {
            Address = settings.RequiredAddress("StockAuthority:Address"),
            TokenFile = settings.Text("StockAuthority:TokenFile"),
            Token = settings.Text("StockAuthority:Token"),
            CaFile = settings.Text("StockAuthority:CaFile"),
            ClientCertificateFile = settings.Text("StockAuthority:ClientCertificateFile"),
            ClientKeyFile = settings.Text("StockAuthority:ClientKeyFile"),
        };
        if (authority is { TokenFile: null, Token: null, ClientCertificateFile: null })
        {
            settings.Wrong("none of StockAuthority:TokenFile, StockAuthority:Token and StockAuthority:ClientCertificateFile is set (environment: StockAuthority__TokenFile)");
        }

        return authority;
    }
}
