using System.Net.Http.Headers;
using StockAuthority.Connectors.Marketplace.Amazon;
using StockAuthority.Connectors.Marketplace.Shopify;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Marketplace;

/// <summary>One process for one marketplace: <c>Marketplace:Channel</c> says which, by default <c>shopify</c>.</summary>
internal static class MarketplaceConnector
{
    private const string Shopify = "shopify";
    private const string Amazon = "amazon";
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
        var channel = settings.Text("Marketplace:Channel") ?? Shopify;
        var connector = ConnectorOptions.Read(settings, defaultConsumer: "marketplace-" + channel);
        var declaration = ChannelDeclarationOptions.Read(settings, channel);
        Action<WebApplicationBuilder>? add = channel switch
        {
            Shopify => Add(ShopifyOptions.Read(settings), connector),
            Amazon => Add(AmazonOptions.Read(settings), connector),
            _ => null,
        };
        if (add is null)
        {
            settings.Wrong($"Marketplace:Channel is neither {Shopify} nor {Amazon}");
        }

        if (Listeners.PlainTextProblem(builder.Configuration, builder.Environment) is { } plainText)
        {
            return plainText;
        }

        if (settings.Problem is { } problem)
        {
            return problem;
        }

        builder.AddServiceDefaults("stockauthority-connector-marketplace");
        add!(builder);

        // Beyond its usage plan a marketplace only throttles.
        builder.Services.AddLevelConnector(
            channel == Amazon ? connector with { PushesPerSecond = Math.Min(connector.PushesPerSecond, AmazonOptions.RequestsPerSecond) } : connector,
            declaration,
            authority);
        return null;
    }

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        app.MapServiceHealth();
        return app;
    }

    private static Action<WebApplicationBuilder> Add(ShopifyOptions shopify, ConnectorOptions connector) => builder =>
    {
        builder.Services.AddSingleton(shopify);
        builder.Services.AddSingleton<CostBudget>();
        Harden(builder.Services.AddHttpClient<ShopifyClient>(client =>
        {
            Prepare(client, shopify.BaseUrl);
            client.DefaultRequestHeaders.Add("X-Shopify-Access-Token", shopify.AccessToken);
        }), connector);
        builder.Services.AddSingleton<ILevelChannel, ShopifyChannel>();
    };

    private static Action<WebApplicationBuilder> Add(AmazonOptions amazon, ConnectorOptions connector) => builder =>
    {
        builder.Services.AddSingleton(amazon);
        Harden(builder.Services.AddHttpClient(nameof(AmazonTokens), client => Prepare(client, amazon.BaseUrl)), connector);

        // One for the process: its token is everybody's.
        builder.Services.AddSingleton(provider => new AmazonTokens(
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(AmazonTokens)), amazon, provider.GetRequiredService<TimeProvider>()));
        Harden(builder.Services.AddHttpClient<ILevelChannel, AmazonChannel>(client => Prepare(client, amazon.BaseUrl)), connector);
    };

    private static void Harden(IHttpClientBuilder client, ConnectorOptions connector) => client
        .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
        {
            // A redirect would carry the access token to another host.
            AllowAutoRedirect = false,
            ConnectTimeout = connector.AttemptTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
        .RemoveAllLoggers();

    private static void Prepare(HttpClient client, Uri baseUrl)
    {
        client.BaseAddress = baseUrl;

        // The runtime's pipeline owns the time that an attempt may take.
        client.Timeout = Timeout.InfiniteTimeSpan;
        client.MaxResponseContentBufferSize = AnswerSizeBytes;
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }
}
