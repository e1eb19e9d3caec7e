using System.Net.Http.Headers;
using StockAuthority.Connectors.Marketplace.Shopify;
using StockAuthority.Connectors.Runtime;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Marketplace;

internal static class MarketplaceConnector
{
    private const int AnswerSizeBytes = 4 * 1024 * 1024;

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
        var settings = new SettingsReader(builder.Configuration);
        var authority = ConnectorHosting.ReadAuthority(settings);
        var connector = ConnectorOptions.Read(settings, defaultConsumer: "marketplace-shopify");
        var shopify = ShopifyOptions.Read(settings);
        if (Listeners.PlainTextProblem(builder.Configuration, builder.Environment) is { } plainText)
        {
            return plainText;
        }

        if (settings.Problem is { } problem)
        {
            return problem;
        }

        builder.AddServiceDefaults("stockauthority-connector-marketplace");
        builder.Services.AddSingleton(shopify);
        builder.Services.AddSingleton<CostBudget>();
        builder.Services.AddHttpClient<ShopifyClient>(client => Prepare(client, shopify))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                // A redirect would carry the access token to another host.
                AllowAutoRedirect = false,
                ConnectTimeout = connector.AttemptTimeout,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
        builder.Services.AddSingleton<ILevelChannel, ShopifyChannel>();
        builder.Services.AddLevelConnector(connector, authority);
        return null;
    }

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        app.MapServiceHealth();
        return app;
    }

    private static void Prepare(HttpClient client, ShopifyOptions shopify)
    {
        client.BaseAddress = shopify.BaseUrl;

        // The runtime's pipeline owns the time that an attempt may take.
        client.Timeout = Timeout.InfiniteTimeSpan;
        client.MaxResponseContentBufferSize = AnswerSizeBytes;
        client.DefaultRequestHeaders.Add("X-Shopify-Access-Token", shopify.AccessToken);
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }
}
