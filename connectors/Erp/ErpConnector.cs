using StockAuthority.Connectors.Erp.BusinessCentral;
using StockAuthority.Connectors.Erp.Mapping;
using StockAuthority.Connectors.Erp.Tryton;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Journal;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Erp;

/// <summary>One process for one ERP: <c>Erp:System</c> says which, by default <c>tryton</c>.</summary>
internal static class ErpConnector
{
    private const string Tryton = "tryton";
    private const string BusinessCentral = "business-central";

    /// <summary>What Business Central may need to post a hundred documents. A call that is given up is not lost, but asked for again.</summary>
    private static readonly TimeSpan PostingTime = TimeSpan.FromMinutes(1);

    /// <summary>The same of Tryton.</summary>
    private static readonly TimeSpan TrytonTime = TimeSpan.FromSeconds(10);

    public static Task<int> RunAsync(string[] args, TextWriter errors) => ConnectorProgram.RunAsync(args, errors, Configure);

    /// <summary>Registers everything; one sentence about the settings where they are not usable.</summary>
    public static string? Configure(WebApplicationBuilder builder)
    {
        var settings = new SettingsReader(builder.Configuration);
        var authority = ConnectorHosting.ReadAuthority(settings);
        var system = settings.Text("Erp:System") ?? Tryton;
        var connector = ConnectorOptions.Read(settings, defaultConsumer: "erp-" + system);
        if (settings.Text("Connector:AttemptTimeout") is null)
        {
            var attempt = system == BusinessCentral ? PostingTime : TrytonTime;
            connector = connector with { AttemptTimeout = attempt, LeaseTime = 3 * attempt };
        }

        var declaration = JournalDeclaration.Read(settings, system);
        var mapping = ErpMapping.Read(settings);
        Action<WebApplicationBuilder>? add = system switch
        {
            Tryton => Add(TrytonOptions.Read(settings), connector),
            BusinessCentral => Add(BusinessCentralOptions.Read(settings), connector),
            _ => null,
        };
        if (add is null)
        {
            settings.Wrong($"Erp:System is neither {Tryton} nor {BusinessCentral}");
        }

        if (ConnectorProgram.Problem(builder, settings) is { } problem)
        {
            return problem;
        }

        builder.AddServiceDefaults("stockauthority-connector-erp");
        builder.Services.AddSingleton(mapping);
        add!(builder);
        builder.Services.AddJournalConnector(connector, declaration, authority);
        return null;
    }

    private static Action<WebApplicationBuilder> Add(TrytonOptions tryton, ConnectorOptions connector) => builder =>
    {
        builder.Services.AddSingleton(tryton);
        builder.Services.AddHttpClient<TrytonRpc>(client => client.Timeout = Timeout.InfiniteTimeSpan)
            .Harden(connector);
        builder.Services.AddSingleton<IJournalChannel, TrytonChannel>();
    };

    private static Action<WebApplicationBuilder> Add(BusinessCentralOptions central, ConnectorOptions connector) => builder =>
    {
        builder.Services.AddSingleton(central);
        builder.Services.AddHttpClient(nameof(BusinessCentralTokens), client => ChannelHttp.Prepare(client, central.BaseUrl)).Harden(connector);

        // One for the process: its token is everybody's.
        builder.Services.AddSingleton(provider => new BusinessCentralTokens(
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(BusinessCentralTokens)), central, provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddHttpClient<BusinessCentralClient>(client => ChannelHttp.Prepare(client, central.BaseUrl)).Harden(connector);
        builder.Services.AddSingleton<IJournalChannel, BusinessCentralChannel>();
    };
}
