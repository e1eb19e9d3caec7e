using StockAuthority.Connectors.Erp.Mapping;
using StockAuthority.Connectors.Erp.Tryton;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Journal;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Erp;

internal static class ErpConnector
{
    public static async Task<int> RunAsync(string[] args, TextWriter errors)
    {
        var builder = WebApplication.CreateBuilder(args);
        if (Configure(builder) is { } problem)
        {
            await errors.WriteLineAsync(problem);
            return 1;
        }

        await using var app = builder.Build();
        app.MapServiceHealth();
        await app.RunAsync();
        return Environment.ExitCode;
    }

    /// <summary>Registers everything; one sentence about the settings where they are not usable.</summary>
    public static string? Configure(WebApplicationBuilder builder)
    {
        var settings = new SettingsReader(builder.Configuration);
        var authority = ConnectorHosting.ReadAuthority(settings);
        var connector = ConnectorOptions.Read(settings, defaultConsumer: "erp-tryton");
        var mapping = ErpMapping.Read(settings);
        var tryton = TrytonOptions.Read(settings);
        if (Listeners.PlainTextProblem(builder.Configuration, builder.Environment) is { } plainText)
        {
            return plainText;
        }

        if (settings.Problem is { } problem)
        {
            return problem;
        }

        builder.AddServiceDefaults("stockauthority-connector-erp");
        builder.Services.AddSingleton(mapping);
        builder.Services.AddSingleton(tryton);
        builder.Services.AddHttpClient<TrytonRpc>(client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                // A redirect would carry the session to another host.
                AllowAutoRedirect = false,
                ConnectTimeout = connector.AttemptTimeout,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
        builder.Services.AddSingleton<IJournalChannel, TrytonChannel>();
        builder.Services.AddJournalConnector(connector, authority);
        return null;
    }
}
