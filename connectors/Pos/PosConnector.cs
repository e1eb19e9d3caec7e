using System.Net.Http.Headers;
using StockAuthority.Connectors.Pos.Incoming;
using StockAuthority.Connectors.Pos.Square;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Pos;

internal static class PosConnector
{
    public static Task<int> RunAsync(string[] args, TextWriter errors) => ConnectorProgram.RunAsync(args, errors, Configure, Map);

    /// <summary>Registers everything; one sentence about the settings where they are not usable.</summary>
    public static string? Configure(WebApplicationBuilder builder)
    {
        var settings = new SettingsReader(builder.Configuration);
        var authority = ConnectorHosting.ReadAuthority(settings);
        var connector = ConnectorOptions.Read(settings, defaultConsumer: "pos-square");
        var declaration = ChannelDeclarationOptions.Read(settings, kind: "square");
        var square = SquareOptions.Read(settings);
        var incoming = IncomingOptions.Read(settings);
        if (ConnectorProgram.Problem(builder, settings) is { } problem)
        {
            return problem;
        }

        builder.AddServiceDefaults("stockauthority-connector-pos");
        builder.Services.AddSingleton(square);
        builder.Services.AddHttpClient<ILevelChannel, SquareChannel>(client => Prepare(client, square))
            .Harden(connector);
        builder.Services.AddHttpClient(SquareReads.Client, client => Prepare(client, square)).Harden(connector);
        builder.Services.AddSingleton(provider => new SquareReads(
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(SquareReads.Client), connector, provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<SquareCatalogue>();
        builder.Services.AddLevelConnector(connector, declaration, authority);
        if (square.ReadsCatalogue)
        {
            builder.Services.AddHostedService<CatalogueCheck>();
        }

        if (incoming is not null)
        {
            builder.AddIncoming(incoming, connector, authority);
        }

        return null;
    }

    public static void Map(WebApplication app) => app.MapIncoming();

    private static void Prepare(HttpClient client, SquareOptions square)
    {
        ChannelHttp.Prepare(client, square.BaseUrl);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", square.AccessToken);
        client.DefaultRequestHeaders.Add("Square-Version", square.Version);
    }
}
