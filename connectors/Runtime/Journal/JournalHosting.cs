using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using StockAuthority.Client;
using StockAuthority.Operations.V1;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>Puts the shared runtime around a journal channel.</summary>
public static class JournalHosting
{
    /// <summary>Adds the loops from the authority to the registered <see cref="IJournalChannel"/>, their health check and their metrics.</summary>
    public static IServiceCollection AddJournalConnector(this IServiceCollection services, ConnectorOptions options, StockAuthorityClientOptions authority)
    {
        services.AddAuthority(options, authority);
        services.AddSingleton(provider => new PostingService.PostingServiceClient(provider.GetRequiredService<GrpcChannel>()));
        services.AddSingleton<JournalMetrics>();
        services.AddSingleton<PostingRecorder>();
        services.AddSingleton<RefusedEntries>();
        services.AddSingleton<JournalPoster>();
        services.AddSingleton<JournalDelivery>();
        services.AddHostedService<JournalService>();
        return services;
    }
}
