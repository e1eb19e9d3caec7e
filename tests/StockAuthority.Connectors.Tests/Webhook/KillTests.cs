using Shouldly;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.Testing;
using Xunit;
using Eventually = StockAuthority.Connectors.Tests.Hosts.Eventually;

namespace StockAuthority.Connectors.Tests.Webhook;

public sealed class KillTests(TestPostgres postgres) : WebhookFixture(postgres)
{
    [Fact]
    public async Task A_connector_that_is_killed_in_the_middle_loses_nothing_and_sends_nothing_older_after_newer()
    {
        var receiver = await SubscriberAsync();
        var port = Ports.Free();
        var program = new ChildProgram("webhook", TestWorkspace.Checkout.Program("connectors/Webhook", "StockAuthority.Connectors.Webhook"), await TestWorkspace.NewLogFileAsync("webhook"))
        {
            Arguments = [.. Settings(Subscribes(0, receiver)), "--Webhook:AttemptTimeout=00:00:00.500", $"--Kestrel:Endpoints:Http:Url={Services.Address(port)}"],
            Ready = new Uri(Services.Loopback(port), "/health/ready"),
        };
        for (var round = 0; round < 3; round++)
        {
            var child = await TestWorkspace.StartAsync(program);
            var before = receiver.Received.Count;
            for (var change = 0; change < 200; change++)
            {
                Journal.Append($"item-{change % 40}", (round * 1000) + change);
            }

            await Eventually.HoldsAsync(() => receiver.Received.Count > before + 5);
            await child.KillAsync();
            await TestWorkspace.StopAsync(child, TimeSpan.FromSeconds(5));
            await child.DisposeAsync();
        }

        // What was out when it was killed comes up again when its lease ends, 21 seconds later.
        await ConnectAsync([.. Subscribes(0, receiver), "--Webhook:AttemptTimeout=00:00:00.500"]);
        Clock.Advance(TimeSpan.FromMinutes(1));
        await CheckpointAsync(600);
        await Eventually.HoldsAsync(() => Enumerable.Range(0, 40).All(item => receiver.Shows($"item-{item}") == 2160 + item));
        foreach (var level in receiver.Received.GroupBy(webhook => webhook.Sku))
        {
            var versions = level.Select(webhook => webhook.Version).ToArray();
            versions.ShouldBe(versions.Order());
        }

        receiver.Received.ShouldAllBe(webhook => webhook.MatchingSecrets == 1);
        receiver.Received.GroupBy(webhook => (webhook.Sku, webhook.Version)).ShouldAllBe(copies => copies.Select(webhook => webhook.MessageId).Distinct().Count() == 1);
    }
}
