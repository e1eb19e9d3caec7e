using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Runtime.Forwarding;
using StockAuthority.Connectors.Runtime.Journal;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Connectors.Webhook;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Tests.Runtime;

/// <summary>What deploy/alerts and deploy/dashboards ask for is what connectors and the server export, under the names that Prometheus gives them.</summary>
public sealed partial class AlertNamesTests
{
    [Fact]
    public async Task Every_metric_that_alerts_and_dashboards_name_is_exported()
    {
        var exported = new HashSet<string>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                lock (exported)
                {
                    exported.UnionWith(PrometheusNames(instrument));
                }
            },
        };
        listener.Start();
        await using var feed = await FeedHost.StartAsync();
        await using var shop = await SquareHost.StartAsync();
        await using var connector = await MarketplaceHost.StartAsync(
            feed,
            "--Marketplace:Channel=amazon", $"--Amazon:BaseUrl={shop.Address}", $"--Amazon:TokenUrl={shop.Address}/auth/o2/token", "--Amazon:ClientId=app", "--Amazon:ClientSecret=secret",
            $"--Amazon:RefreshToken={SquareHost.Token}", "--Amazon:SellerId=SELLER", "--Amazon:MarketplaceId=A1PA6795UKMFR9",
            "--Amazon:Locations:0:LocationId=shop", "--Amazon:Locations:0:FulfillmentChannelCode=DEFAULT");
        await using var services = new ServiceCollection().AddMetrics().AddSingleton<WebhookMetrics>()
            .AddSingleton(new ChannelName("broker")).AddSingleton<ForwardingMetrics>()
            .AddSingleton<IJournalChannel, NoErp>().AddSingleton<JournalMetrics>()
            .AddSingleton(connector.Service<ChannelHealthMeter>()).AddSingleton(connector.Service<ChannelLink>()).AddSingleton(TimeProvider.System).BuildServiceProvider();
        services.GetRequiredService<WebhookMetrics>();
        services.GetRequiredService<ForwardingMetrics>();
        services.GetRequiredService<JournalMetrics>();

        foreach (var folder in (string[])["alerts", "dashboards"])
        {
            var asked = Directory.EnumerateFiles(Path.Combine(TestWorkspace.Checkout.Root, "deploy", folder))
                .SelectMany(file => Name().Matches(File.ReadAllText(file)).Select(match => match.Value))
                .Distinct(StringComparer.Ordinal)
                .ToArray();
            asked.Length.ShouldBeGreaterThan(15);
            lock (exported)
            {
                asked.Where(name => !exported.Contains(name) && !ServersOwn.Contains(name)).ShouldBeEmpty(folder);
            }
        }
    }

    [Fact]
    public void Every_panel_of_a_dashboard_has_a_title_a_place_of_its_own_and_something_to_show()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(TestWorkspace.Checkout.Root, "deploy", "dashboards")))
        {
            var panels = JsonNode.Parse(File.ReadAllText(file))!["panels"]!.AsArray();
            panels.Select(panel => (int)panel!["id"]!).ShouldBeUnique();
            panels.Select(panel => (string?)panel!["title"]).ShouldBeUnique();
            panels.Select(panel => ((int)panel!["gridPos"]!["x"]!, (int)panel["gridPos"]!["y"]!)).ShouldBeUnique();
            panels.Where(panel => (string?)panel!["type"] != "row").ShouldAllBe(panel => panel!["targets"]!.AsArray().Count > 0);
        }
    }

    [Fact]
    public void Every_alert_has_an_owner_and_a_section_of_the_runbook()
    {
        var root = TestWorkspace.Checkout.Root;
        var rules = File.ReadAllText(Path.Combine(root, "deploy", "alerts", "channels.yml")).Split("- alert: ").Skip(1).ToArray();
        var sections = File.ReadAllLines(Path.Combine(root, "docs", "runbook-channels.md")).Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]).ToArray();
        foreach (var rule in rules)
        {
            var name = rule[..rule.IndexOf('\n', StringComparison.Ordinal)].Trim();
            rule.ShouldContain("owner: ");
            rule.ShouldContain($"runbook: docs/runbook-channels.md#{name.ToLowerInvariant()}");
            sections.ShouldContain(name);
        }
    }

    /// <summary>The server's, from its source: it is another process, and not all of its meters are there before there is something to measure.</summary>
    private static HashSet<string> ServersOwn { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(TestWorkspace.Checkout.Root, "src", "StockAuthority.Server"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Creation().Matches(File.ReadAllText(file)))
            .SelectMany(match => PrometheusNames(match.Groups["name"].Value, match.Groups["unit"].Value, match.Groups["kind"].Value)),
    ];

    private static IEnumerable<string> PrometheusNames(Instrument instrument) => PrometheusNames(instrument.Name, instrument.Unit, instrument.GetType().Name);

    /// <summary>As an OTLP collector names them for Prometheus: units in braces are only remarks.</summary>
    private static IEnumerable<string> PrometheusNames(string instrument, string? unit, string kind)
    {
        var name = instrument.Replace('.', '_') + (unit == "s" ? "_seconds" : "");
        return kind.StartsWith("Histogram", StringComparison.Ordinal) ? [name + "_bucket", name + "_count", name + "_sum"]
            : kind.Contains("Counter", StringComparison.Ordinal) && !kind.Contains("UpDown", StringComparison.Ordinal) ? [name + "_total"]
            : [name];
    }

    [GeneratedRegex("stockauthority_[a-z_]+")]
    private static partial Regex Name();

    [GeneratedRegex("Create(?<kind>Histogram|Counter|ObservableCounter|UpDownCounter|ObservableGauge)(<[a-z]+>)?\\(\\s*\"(?<name>stockauthority[a-z.]+)\",(.*=>.*,)?\\s*\"(?<unit>[a-z{}]+)\"")]
    private static partial Regex Creation();

    /// <summary>Only its name is asked for.</summary>
    private sealed class NoErp : IJournalChannel
    {
        public string Name => "erp";

        public int MaxEntriesPerPost => 1;

        public bool Concerns(JournalEntry entry) => false;

        public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

        public Task<IReadOnlyDictionary<string, PostedDocument>> FindAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyDictionary<string, PostedDocument>>(new Dictionary<string, PostedDocument>());

        public Task<PostResult> PostAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellationToken) => Task.FromResult<PostResult>(new PostResult.Unavailable("NONE"));
    }
}
