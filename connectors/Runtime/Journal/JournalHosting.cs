using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Client;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Operations.V1;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>Puts the shared runtime around a journal channel.</summary>
public static class JournalHosting
{
    /// <summary>Adds the loops from the authority to the registered <see cref="IJournalChannel"/>, their health check and their metrics.</summary>
    public static IServiceCollection AddJournalConnector(this IServiceCollection services, ConnectorOptions options, ChannelDeclarationOptions declaration, StockAuthorityClientOptions authority)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        services.AddAuthority(options, authority);
        services.AddSingleton(declaration);
        services.AddSingleton(provider => new ChannelService.ChannelServiceClient(provider.GetRequiredService<GrpcChannel>()));
        services.AddSingleton<ChannelLink>();
        services.AddSingleton(provider => new ChannelName(provider.GetRequiredService<IJournalChannel>().Name));
        services.AddSingleton<ChannelCases>();
        services.AddSingleton<ChannelHealthMeter>();
        services.AddSingleton<HealthReporter>();
        services.AddHostedService<JournalHealth>();
        services.AddSingleton(provider => new PostingService.PostingServiceClient(provider.GetRequiredService<GrpcChannel>()));
        services.AddSingleton<JournalMetrics>();
        services.AddSingleton<PostingRecorder>();
        services.AddSingleton<RefusedEntries>();
        services.AddSingleton<JournalPoster>();
        services.AddSingleton<JournalFeed>();
        services.AddSingleton<JournalDelivery>();
        services.AddSingleton<JournalTasks>();
        services.AddSingleton<PostingReplays>();
        services.AddHostedService<JournalService>();
        return services;
    }
}
