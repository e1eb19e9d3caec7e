namespace StockAuthority.Server.Channels;

internal static class ChannelServices
{
    /// <summary>Adds channels and the wait for them.</summary>
    public static IServiceCollection AddChannels(this IServiceCollection services)
    {
        services.AddSingleton<ChannelStore>();
        services.AddSingleton<CheckpointSignal>();
        services.AddSingleton<PaymentVisibility>();
        services.AddSingleton<ChannelConfirmations>();
        return services;
    }
}
