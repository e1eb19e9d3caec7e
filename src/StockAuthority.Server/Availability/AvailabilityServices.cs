using StackExchange.Redis;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Availability;

internal static class AvailabilityServices
{
    private const int RedisTimeoutMilliseconds = 1000;

    /// <summary>
    /// Adds the cache of levels and what keeps it fresh. Redis is named by <c>ConnectionStrings:Redis</c>; with <c>ssl=true</c>
    /// its certificate may be of an authority of one's own, <c>Redis:CaFile</c>.
    /// </summary>
    public static IServiceCollection AddAvailability(this IServiceCollection services)
    {
        services.AddOptions<AvailabilityOptions>().BindConfiguration("Availability").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IConnectionMultiplexer>(provider => Connect(provider.GetRequiredService<IConfiguration>()));
        services.AddSingleton<DatabaseIdentity>();
        services.AddSingleton<AvailabilityCache>();
        services.AddSingleton<LevelReads>();
        services.AddSingleton<RecentLevels>();
        services.AddSingleton<MissedLevels>();
        services.AddSingleton<AvailabilityReader>();
        services.AddSingleton<AvailabilityRefresh>();
        services.AddHostedService(provider => provider.GetRequiredService<AvailabilityRefresh>());
        services.AddHostedService<AvailabilityTail>();
        return services;
    }

    private static ConnectionMultiplexer Connect(IConfiguration configuration)
    {
        var options = ConfigurationOptions.Parse(configuration.GetConnectionString("Redis")
            ?? throw new StartupException("Set ConnectionStrings:Redis to a server of the Redis protocol; it need not run yet."));

        if (configuration["Redis:CaFile"] is { Length: > 0 } authority)
        {
            options.TrustIssuer(authority);
        }

        // Starts without Redis and connects when it comes. A command that cannot be sent now fails now: whoever sent it
        // knows what to do without it, and a queue of old ones would only delay the first good answers.
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ConnectTimeout = RedisTimeoutMilliseconds;
        options.AsyncTimeout = RedisTimeoutMilliseconds;
        options.SyncTimeout = RedisTimeoutMilliseconds;
        options.ReconnectRetryPolicy = new LinearRetry(RedisTimeoutMilliseconds);
        return ConnectionMultiplexer.Connect(options);
    }
}
