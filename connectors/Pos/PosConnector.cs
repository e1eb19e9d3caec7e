using System.Net.Http.Headers;
using StockAuthority.Connectors.Pos.Square;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Pos;

internal static class PosConnector
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
        var connector = ConnectorOptions.Read(settings, defaultConsumer: "pos-square");
        var declaration = ChannelDeclarationOptions.Read(settings, kind: "square");
        var square = SquareOptions.Read(settings);
        if (Listeners.PlainTextProblem(builder.Configuration, builder.Environment) is { } plainText)
        {
            return plainText;
        }

        if (settings.Problem is { } problem)
        {
            return problem;
        }

        builder.AddServiceDefaults("stockauthority-connector-pos");
        builder.Services.AddSingleton(square);
        builder.Services.AddHttpClient<ILevelChannel, SquareChannel>(client => Prepare(client, square))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                // A redirect would carry the access token to another host.
                AllowAutoRedirect = false,
                ConnectTimeout = connector.AttemptTimeout,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
        builder.Services.AddLevelConnector(connector, declaration, authority);
        return null;
    }

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        app.MapServiceHealth();
        return app;
    }

    private static void Prepare(HttpClient client, SquareOptions square)
    {
        client.BaseAddress = square.BaseUrl;

        // The runtime's pipeline owns the time that an attempt may take.
        client.Timeout = Timeout.InfiniteTimeSpan;
        client.MaxResponseContentBufferSize = AnswerSizeBytes;
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", square.AccessToken);
        client.DefaultRequestHeaders.Add("Square-Version", square.Version);
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }
}
