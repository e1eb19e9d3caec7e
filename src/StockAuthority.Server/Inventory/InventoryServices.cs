using StockAuthority.Server.Payments;

namespace StockAuthority.Server.Inventory;

internal static class InventoryServices
{
    public static IServiceCollection AddInventory(this IServiceCollection services)
    {
        services.AddOptions<LedgerOptions>().BindConfiguration("Ledger").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<StockLedger>();
        services.AddHostedService(provider => provider.GetRequiredService<StockLedger>());
        services.AddHostedService<ExpirySweep>();
        services.AddHostedService<HeldEventSweep>();
        services.AddHostedService<OutcomeRetention>();
        services.AddHostedService<JournalPartitions>();
        return services;
    }
}
