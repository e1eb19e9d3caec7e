using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Runtime.Forwarding;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Connectors.Webhook;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Tests.Runtime;

/// <summary>What deploy/alerts and deploy/dashboards ask for is what connectors export; the server's own names are not looked at here.</summary>
public sealed partial class AlertNamesTests
{
    private const string ServersOwn = "stockauthority_channels_";

    [Fact]
    public async Task Every_metric_that_alerts_and_dashboards_name_is_exported_by_a_connector_that_runs()
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
            .AddSingleton(new ChannelName("broker")).AddSingleton<ForwardingMetrics>().BuildServiceProvider();
        services.GetRequiredService<WebhookMetrics>();
        services.GetRequiredService<ForwardingMetrics>();

        var asked = Directory.EnumerateFiles(Path.Combine(TestWorkspace.Checkout.Root, "deploy", "alerts")).Concat(Directory.EnumerateFiles(Path.Combine(TestWorkspace.Checkout.Root, "deploy", "dashboards")))
            .SelectMany(file => Name().Matches(File.ReadAllText(file)).Select(match => match.Value))
            .Where(name => !name.StartsWith(ServersOwn, StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        asked.Length.ShouldBeGreaterThan(15);
        lock (exported)
        {
            asked.Where(name => !exported.Contains(name)).ShouldBeEmpty();
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

    /// <summary>As an OTLP collector names them for Prometheus: units in braces are only remarks.</summary>
    private static IEnumerable<string> PrometheusNames(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_') + (instrument.Unit == "s" ? "_seconds" : "");
        var kind = instrument.GetType().Name;
        return kind.StartsWith("Histogram", StringComparison.Ordinal) ? [name + "_bucket", name + "_count", name + "_sum"]
            : kind.Contains("Counter", StringComparison.Ordinal) && !kind.Contains("UpDown", StringComparison.Ordinal) ? [name + "_total"]
            : [name];
    }

    [GeneratedRegex("stockauthority_[a-z_]+")]
    private static partial Regex Name();
}
