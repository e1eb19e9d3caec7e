using StockAuthority.Connectors.Marketplace.Amazon;
using StockAuthority.Connectors.Marketplace.Amazon.Feeds;
using StockAuthority.Connectors.Marketplace.Amazon.SellerHealth;
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

    public static Task<int> RunAsync(string[] args, TextWriter errors) => ConnectorProgram.RunAsync(args, errors, Configure);

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

        if (ConnectorProgram.Problem(builder, settings) is { } problem)
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

    private static Action<WebApplicationBuilder> Add(ShopifyOptions shopify, ConnectorOptions connector) => builder =>
    {
        builder.Services.AddSingleton(shopify);
        builder.Services.AddSingleton<CostBudget>();
        builder.Services.AddHttpClient<ShopifyClient>(client =>
        {
            ChannelHttp.Prepare(client, shopify.BaseUrl);
            client.DefaultRequestHeaders.Add("X-Shopify-Access-Token", shopify.AccessToken);
        }).Harden(connector);
        builder.Services.AddSingleton<ILevelChannel, ShopifyChannel>();
    };

    private static Action<WebApplicationBuilder> Add(AmazonOptions amazon, ConnectorOptions connector) => builder =>
    {
        builder.Services.AddSingleton(amazon);
        builder.Services.AddHttpClient(nameof(AmazonTokens), client => ChannelHttp.Prepare(client, amazon.BaseUrl)).Harden(connector);

        // One for the process: its token is everybody's.
        builder.Services.AddSingleton(provider => new AmazonTokens(
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(AmazonTokens)), amazon, provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddHttpClient<AmazonDocuments>(client => ChannelHttp.Prepare(client, amazon.BaseUrl)).Harden(connector);
        builder.Services.AddHttpClient<AmazonFeeds>(client => ChannelHttp.Prepare(client, amazon.BaseUrl)).Harden(connector);
        builder.Services.AddHttpClient<AmazonReports>(client => ChannelHttp.Prepare(client, amazon.BaseUrl)).Harden(connector);
        builder.Services.AddSingleton<KnownListings>();
        builder.Services.AddSingleton<SellerHealthMetrics>();
        builder.Services.AddHostedService<SellerHealthReader>();
        builder.Services.AddHttpClient<ILevelChannel, AmazonChannel>(client => ChannelHttp.Prepare(client, amazon.BaseUrl)).Harden(connector);
    };
}
