using Microsoft.Extensions.DependencyInjection;
using StockAuthority.Client;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Runtime.Feed;

namespace StockAuthority.Connectors.Runtime.Forwarding;

/// <summary>Puts the shared runtime around a channel that takes the feed.</summary>
public static class ForwardingHosting
{
    /// <summary>Adds the loop from the change feed to the registered <see cref="IFeedChannel"/>, its health check and its metrics.</summary>
    public static IServiceCollection AddFeedConnector(
        this IServiceCollection services, ConnectorOptions options, ChannelDeclarationOptions declaration, StockAuthorityClientOptions authority)
    {
        services.AddLeasedConnector(options, declaration, authority, static provider => new ChannelName(provider.GetRequiredService<IFeedChannel>().Name));
        services.AddSingleton<ForwardingMetrics>();
        services.AddSingleton<Forwarder>();
        services.AddSingleton<FeedReplay>();
        services.AddSingleton<IFeedDelivery, FeedForwarding>();
        return services;
    }
}
