using StockAuthority.Connectors.Simulators.Amazon;
using StockAuthority.Connectors.Simulators.BusinessCentral;
using StockAuthority.Connectors.Simulators.Control;
using StockAuthority.Connectors.Simulators.Shopify;
using StockAuthority.Connectors.Simulators.Square;
using StockAuthority.Connectors.Simulators.Webhooks;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Simulators;

/// <summary>Stands in for channels on one machine: Square's published Inventory API, Shopify's Admin API and Amazon's Listings Items API, Business Central's API, a subscriber of webhooks; state in memory, faults on demand.</summary>
internal static class SimulatorHost
{
    private const int BodySizeBytes = 4 * 1024 * 1024;

    public static async Task<int> RunAsync(string[] args, TextWriter errors)
    {
        var builder = WebApplication.CreateBuilder(args);
        if (Configure(builder) is { } problem)
        {
            await errors.WriteLineAsync(problem);
            return 1;
        }

        await using var app = Build(builder);
        await app.RunAsync();
        return 0;
    }

    /// <summary>Registers everything; one sentence about the settings where they are not usable.</summary>
    public static string? Configure(WebApplicationBuilder builder)
    {
        if (SimulatorOptions.Read(builder.Configuration, out var options) is { } problem)
        {
            return problem;
        }

        builder.AddServiceDefaults("stockauthority-simulators");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = BodySizeBytes);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<SquareInventory>();
        builder.Services.AddSingleton<SquareHistory>();
        builder.Services.AddSingleton<SquareCatalog>();
        builder.Services.AddSingleton<SquareWebhooks>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<SquareWebhooks>());
        builder.Services.AddSingleton<IdempotentAnswers>();
        builder.Services.AddSingleton<RequestPace>();
        builder.Services.AddSingleton<ShopifyInventory>();
        builder.Services.AddSingleton<ShopifyAnswers>();
        builder.Services.AddSingleton<CostBucket>();
        builder.Services.AddSingleton<AmazonListings>();
        builder.Services.AddSingleton<AmazonPace>();
        builder.Services.AddSingleton<AmazonFeedStore>();
        builder.Services.AddSingleton<CompanyBooks>();
        builder.Services.AddSingleton<CompanyRequests>();
        builder.Services.AddSingleton<AccessTokens>();
        builder.Services.AddSingleton<AmazonReportStore>();
        builder.Services.AddSingleton<WebhookSubscriber>();
        builder.Services.AddSingleton<Faults>();
        builder.Services.AddSingleton<RequestLog>();
        return null;
    }

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        app.MapServiceHealth();
        app.MapSimulatorControl();
        app.MapSquareInventory();
        app.MapSquareCatalog();
        app.MapSquareTill();
        app.MapShopifyAdmin();
        app.MapAmazonListings();
        app.MapBusinessCentral();
        app.MapAmazonReports();
        app.MapAmazonFeeds();
        app.MapWebhookSubscriber();
        return app;
    }
}
