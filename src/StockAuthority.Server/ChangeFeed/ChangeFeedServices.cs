namespace StockAuthority.Server.ChangeFeed;

internal static class ChangeFeedServices
{
    /// <summary>Adds the feed; the wake-ups between replicas use what AddAvailability adds.</summary>
    public static IServiceCollection AddChangeFeed(this IServiceCollection services)
    {
        services.AddOptions<ChangeFeedOptions>().BindConfiguration("ChangeFeed").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<FeedSignals>();
        services.AddSingleton<FeedReader>();
        services.AddSingleton<FeedCheckpoints>();
        services.AddSingleton<FeedStreams>();
        services.AddHostedService<FeedPoll>();
        services.AddHostedService<FeedWakeups>();
        return services;
    }
}
