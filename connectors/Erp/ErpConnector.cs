using StockAuthority.Connectors.Erp.Mapping;
using StockAuthority.Connectors.Erp.Tryton;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Journal;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Erp;

internal static class ErpConnector
{
    public static Task<int> RunAsync(string[] args, TextWriter errors) => ConnectorProgram.RunAsync(args, errors, Configure);

    /// <summary>Registers everything; one sentence about the settings where they are not usable.</summary>
    public static string? Configure(WebApplicationBuilder builder)
    {
        var settings = new SettingsReader(builder.Configuration);
        var authority = ConnectorHosting.ReadAuthority(settings);
        var connector = ConnectorOptions.Read(settings, defaultConsumer: "erp-tryton");
        var mapping = ErpMapping.Read(settings);
        var tryton = TrytonOptions.Read(settings);
        if (ConnectorProgram.Problem(builder, settings) is { } problem)
        {
            return problem;
        }

        builder.AddServiceDefaults("stockauthority-connector-erp");
        builder.Services.AddSingleton(mapping);
        builder.Services.AddSingleton(tryton);
        builder.Services.AddHttpClient<TrytonRpc>(client => client.Timeout = Timeout.InfiniteTimeSpan)
            .Harden(connector);
        builder.Services.AddSingleton<IJournalChannel, TrytonChannel>();
        builder.Services.AddJournalConnector(connector, authority);
        return null;
    }
}
