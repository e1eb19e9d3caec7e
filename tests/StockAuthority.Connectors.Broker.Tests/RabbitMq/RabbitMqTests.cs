using System.Globalization;
using System.Text.Json.Nodes;
using CloudNative.CloudEvents.Extensions;
using RabbitMQ.Client.Events;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Broker.Tests.Hosts;
using StockAuthority.DevHost.Processes;
using StockAuthority.DevHost.RabbitMq;
using StockAuthority.Operations.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Broker.Tests.RabbitMq;

/// <summary>The connector as a process, a real authority and a real RabbitMQ.</summary>
public sealed class RabbitMqTests(BrokerStand stand, TestPostgres databases, RabbitMqTests.Fixture rabbit) : IClassFixture<RabbitMqTests.Fixture>
{
    private const string Consumer = Services.BrokerConsumer;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private RabbitMqBroker Broker => rabbit.Broker!;

    [Fact]
    public async Task Every_movement_becomes_an_event_of_the_documented_shape()
    {
        var shop = await StartAsync();
        await Broker.BindAsync(shop.Tenant, $"{shop.Tenant}.#");
        await Broker.BindAsync(shop.Tenant + "-warehouse", $"{shop.Tenant}.{BrokerStand.Warehouse}.*");
        await shop.ReceiveAsync(["mug", "a b.c/ü*#%"]);
        await shop.ReserveAsync("mug", "order-1");
        await shop.ReceiveAsync(["mug"], BrokerStand.Warehouse);

        await using var connector = await RunAsync(shop);
        await shop.CaughtUpAsync(Consumer);

        var arrivals = new Arrivals(shop.Tenant);
        List<BasicDeliverEventArgs> messages = [];
        await using (await Broker.ConsumeAsync(shop.Tenant, arrivals, messages.Add))
        {
            await arrivals.WaitAsync(4);
        }

        arrivals.ShouldBeWhole(4);
        var json = JsonNode.Parse(await shop.ChangesAsJsonAsync())!["movements"]!.AsArray();
        for (var index = 0; index < 4; index++)
        {
            JsonNode.DeepEquals(arrivals.All[index].Data, json[index]).ShouldBeTrue($"{arrivals.All[index].Data} {json[index]}");
        }

        var second = arrivals.All[1].Event;
        (second.Type, second.Source!.OriginalString, second.Id).ShouldBe(("com.stockauthority.stock.changed.v1", $"/stockauthority/tenants/{shop.Tenant}", $"{shop.Tenant}/2"));
        second.Subject.ShouldBe($"a%20b.c%2F%C3%BC%2A%23%25/{BrokerStand.Store}");
        second.GetPartitionKey().ShouldBe($"{shop.Tenant}/{second.Subject}");
        second["sequence"].ShouldBe("0000000000000000002");
        second.DataContentType.ShouldBe("application/json");
        second.Time!.Value.ShouldBe(DateTimeOffset.Parse(json[1]!["recordTime"]!.ToString(), CultureInfo.InvariantCulture));
        messages[1].RoutingKey.ShouldBe($"{shop.Tenant}.{BrokerStand.Store}.a b%2Ec/ü%2A%23%25");
        (messages[1].BasicProperties.ContentType, messages[1].BasicProperties.Persistent, messages[1].BasicProperties.MessageId)
            .ShouldBe(("application/cloudevents+json; charset=utf-8", true, $"{shop.Tenant}/2"));

        var warehouse = new Arrivals(shop.Tenant);
        await using (await Broker.ConsumeAsync(shop.Tenant + "-warehouse", warehouse))
        {
            await Eventually.Holds(() => warehouse.All.Count == 1);
        }

        warehouse.All.Single().Sequence.ShouldBe(4);
    }

    [Fact]
    public async Task A_broker_that_is_killed_in_the_middle_loses_and_disorders_nothing()
    {
        var shop = await StartAsync();
        await Broker.BindAsync(shop.Tenant, $"{shop.Tenant}.#");
        await using var connector = await RunAsync(shop);
        var receiving = shop.ReceiveAsync(100, 20);
        await Eventually.Holds(async () => (await shop.CheckpointAsync(Consumer)).Sequence > 100, Long);
        await Broker.KillAsync();
        var acknowledged = (await shop.CheckpointAsync(Consumer)).Sequence;
        await Broker.StartAgainAsync();
        await receiving;
        await shop.CaughtUpAsync(Consumer);

        acknowledged.ShouldBeLessThan(2000);
        var arrivals = new Arrivals(shop.Tenant);
        await using var consumer = await Broker.ConsumeAsync(shop.Tenant, arrivals);
        await arrivals.WaitAsync(2000);
        arrivals.ShouldBeWhole(2000);
    }

    [Fact]
    public async Task A_connector_that_is_killed_in_the_middle_has_acknowledged_no_more_than_what_is_there_and_the_next_goes_on()
    {
        var shop = await StartAsync();
        await Broker.BindAsync(shop.Tenant, $"{shop.Tenant}.#");
        var arrivals = new Arrivals(shop.Tenant);
        await using var consumer = await Broker.ConsumeAsync(shop.Tenant, arrivals);
        var receiving = shop.ReceiveAsync(100, 20);
        var first = await RunAsync(shop);
        await Eventually.Holds(async () => (await shop.CheckpointAsync(Consumer)).Sequence > 100, Long);
        await first.KillAsync();
        var acknowledged = (await shop.CheckpointAsync(Consumer)).Sequence;
        acknowledged.ShouldBeLessThan(2000);
        await arrivals.WaitAsync(acknowledged);

        await using var second = await RunAsync(shop);
        await receiving;
        await shop.CaughtUpAsync(Consumer);
        await arrivals.WaitAsync(2000);
        arrivals.ShouldBeWhole(2000);
    }

    [Fact]
    public async Task While_the_broker_blocks_publishers_nothing_is_acknowledged()
    {
        var shop = await StartAsync();
        await Broker.BindAsync(shop.Tenant, $"{shop.Tenant}.#");
        await using var connector = await RunAsync(shop);
        await shop.ReceiveAsync(["before"]);
        await shop.CaughtUpAsync(Consumer);
        await Broker.BlockAsync();
        try
        {
            await shop.ReceiveAsync(20, 20);
            await Eventually.Holds(async () => (await LogAsync(connector)).Contains("BLOCKED", StringComparison.Ordinal), Long);
            (await shop.CheckpointAsync(Consumer)).Sequence.ShouldBe(1);
        }
        finally
        {
            await Broker.UnblockAsync();
        }

        await shop.CaughtUpAsync(Consumer);
        var arrivals = new Arrivals(shop.Tenant);
        await using var consumer = await Broker.ConsumeAsync(shop.Tenant, arrivals);
        await arrivals.WaitAsync(401);
        arrivals.ShouldBeWhole(401);

        // What waited in the connection was waited for, and not sent once more over another.
        arrivals.All.Count.ShouldBe(401);
    }

    [Fact]
    public async Task What_a_full_queue_refuses_is_sent_again_in_order_until_it_has_room()
    {
        var shop = await StartAsync();
        await Broker.BindAsync(shop.Tenant, $"{shop.Tenant}.#", new() { ["x-max-length"] = 7, ["x-overflow"] = "reject-publish" });
        await shop.ReceiveAsync(10, 5);
        await using var connector = await RunAsync(shop);
        await Eventually.Holds(async () => (await LogAsync(connector)).Contains("NACK", StringComparison.Ordinal), Long);
        (await shop.CheckpointAsync(Consumer)).Sequence.ShouldBeLessThan(50);

        var arrivals = new Arrivals(shop.Tenant);
        await using var consumer = await Broker.ConsumeAsync(shop.Tenant, arrivals);
        await shop.CaughtUpAsync(Consumer);
        await arrivals.WaitAsync(50);
        await Eventually.Holds(() => arrivals.All[^1].Sequence == 50);
        arrivals.ShouldBeWhole(50, mayLeaveGaps: true);
    }

    [Fact]
    public async Task What_no_queue_is_bound_for_waits_as_a_case_until_one_is()
    {
        var shop = await StartAsync();
        await shop.ReceiveAsync(["mug", "pot"]);
        await using var connector = await RunAsync(shop);
        var held = (await Eventually.Becomes(() => shop.CasesAsync(), cases => cases.Count > 0, Long)).Single();
        (held.Kind, held.Reason, held.Channel, held.Sku).ShouldBe((ExceptionKind.DeliveryFailed, "UNROUTABLE", Consumer, ""));
        (await shop.CheckpointAsync(Consumer)).Sequence.ShouldBe(0);

        await Broker.BindAsync(shop.Tenant, $"{shop.Tenant}.#");
        await shop.CaughtUpAsync(Consumer);
        await Eventually.Holds(async () => (await shop.CasesAsync()).Count == 0, Long);
        (await shop.CasesAsync(ExceptionStatus.Resolved)).Single().CaseId.ShouldBe(held.CaseId);
        var arrivals = new Arrivals(shop.Tenant);
        await using var consumer = await Broker.ConsumeAsync(shop.Tenant, arrivals);
        await arrivals.WaitAsync(2);
        arrivals.ShouldBeWhole(2);
    }

    [Fact]
    public async Task Where_it_may_be_nobodys_what_no_queue_is_bound_for_is_passed_over()
    {
        var shop = await StartAsync();
        await Broker.BindAsync(shop.Tenant, $"{shop.Tenant}.*.pot");
        await shop.ReceiveAsync(["mug", "pot", "mug"]);
        await using var connector = await RunAsync(shop, ("RabbitMq__Unroutable", "accept"));
        await shop.CaughtUpAsync(Consumer);
        var arrivals = new Arrivals(shop.Tenant);
        await using var consumer = await Broker.ConsumeAsync(shop.Tenant, arrivals);
        await Eventually.Holds(() => arrivals.All.Count == 1);
        arrivals.All[0].Data["sku"]!.ToString().ShouldBe("pot");
        (await shop.CasesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_too_large_for_the_broker_becomes_a_case_and_the_rest_goes_on()
    {
        var shop = await StartAsync();
        await Broker.BindAsync(shop.Tenant, $"{shop.Tenant}.#");
        var large = new string('ü', 128);
        await shop.ReceiveAsync(["mug", large, "pot"]);
        await shop.ReceiveAsync(["mug", "pot"]);
        await using var connector = await RunAsync(shop);
        await shop.CaughtUpAsync(Consumer);

        var refused = (await Eventually.Becomes(() => shop.CasesAsync(), cases => cases.Count > 0, Long)).Single();
        (refused.Kind, refused.Reason, refused.Sku, refused.Reference).ShouldBe((ExceptionKind.DeliveryFailed, "TOO_LARGE", large, "movement/2"));
        var arrivals = new Arrivals(shop.Tenant);
        await using var consumer = await Broker.ConsumeAsync(shop.Tenant, arrivals);
        await Eventually.Holds(() => arrivals.All.Select(arrival => arrival.Sequence).Distinct().Count() == 4);
        arrivals.All.DistinctBy(arrival => arrival.Sequence).Select(arrival => arrival.Sequence).ShouldBe([1, 3, 4, 5]);
    }

    [Fact]
    public async Task A_second_instance_stands_by_and_takes_over()
    {
        var shop = await StartAsync();
        await Broker.BindAsync(shop.Tenant, $"{shop.Tenant}.#");
        var first = await RunAsync(shop);
        await shop.ReceiveAsync(["mug"]);
        await shop.CaughtUpAsync(Consumer);
        var holder = (await ChannelAsync(shop)).Lease.Holder;
        await using var second = await RunAsync(shop);
        await shop.ReceiveAsync(10, 5);
        await shop.CaughtUpAsync(Consumer);
        (await ChannelAsync(shop)).Lease.Holder.ShouldBe(holder);
        var arrivals = new Arrivals(shop.Tenant);
        await using var consumer = await Broker.ConsumeAsync(shop.Tenant, arrivals);
        await arrivals.WaitAsync(51);
        arrivals.All.Count.ShouldBe(51);

        await first.KillAsync();
        await shop.ReceiveAsync(["mug"]);
        await shop.CaughtUpAsync(Consumer);
        (await ChannelAsync(shop)).Lease.Holder.ShouldNotBe(holder);
        await arrivals.WaitAsync(52);
        arrivals.ShouldBeWhole(52);
    }

    [Fact]
    public async Task A_replay_sends_the_same_events_once_more_before_what_is_new()
    {
        var shop = await StartAsync();
        await Broker.BindAsync(shop.Tenant, $"{shop.Tenant}.#");
        await using var connector = await RunAsync(shop);
        await shop.ReceiveAsync(10, 5);
        await shop.CaughtUpAsync(Consumer);
        await shop.Channels.PauseChannelAsync(new PauseChannelRequest { TenantId = shop.Tenant, ChannelId = Consumer, IdempotencyKey = "pause", Comment = "test" });
        await shop.ReceiveAsync(["sku-0"]);
        await shop.Channels.ReplayChannelAsync(new ReplayChannelRequest { TenantId = shop.Tenant, ChannelId = Consumer, IdempotencyKey = "replay", Comment = "test", AfterSequence = 20 });
        await shop.Channels.ResumeChannelAsync(new ResumeChannelRequest { TenantId = shop.Tenant, ChannelId = Consumer, IdempotencyKey = "resume", Comment = "test" });
        await Eventually.Holds(async () => (await ChannelAsync(shop)).Task.Done, Long);
        await shop.CaughtUpAsync(Consumer);

        var arrivals = new Arrivals(shop.Tenant);
        await using var consumer = await Broker.ConsumeAsync(shop.Tenant, arrivals);
        await arrivals.WaitAsync(51);
        arrivals.ShouldBeWhole(51);
        arrivals.All.Skip(50).Select(arrival => arrival.Sequence).Last().ShouldBe(51);
        arrivals.All.Select(arrival => arrival.Sequence).Count(sequence => sequence == 21).ShouldBe(2);
        arrivals.All.Select(arrival => arrival.Sequence).Count(sequence => sequence == 20).ShouldBe(1);
    }

    [Fact]
    public async Task While_it_is_paused_or_off_changes_wait_and_are_not_acknowledged()
    {
        var shop = await StartAsync();
        await Broker.BindAsync(shop.Tenant, $"{shop.Tenant}.#");
        await shop.ReceiveAsync(["mug"]);
        await using var connector = await RunAsync(shop, ("Channel__InitialRollout", "off"));
        await Eventually.Holds(async () => (await shop.Channels.ListChannelsAsync(new ListChannelsRequest { TenantId = shop.Tenant })).Channels.Any(channel => channel.LatestHealth is not null), Long);
        (await shop.CheckpointAsync(Consumer)).Sequence.ShouldBe(0);
        await shop.Channels.PromoteChannelAsync(new PromoteChannelRequest
        {
            TenantId = shop.Tenant,
            ChannelId = Consumer,
            IdempotencyKey = "on",
            Comment = "test",
            Rollout = new ChannelRollout { Mode = ChannelMode.On, Percent = 100 },
        });
        await shop.ReceiveAsync(10, 5);
        await shop.CaughtUpAsync(Consumer);
        var arrivals = new Arrivals(shop.Tenant);
        await using var consumer = await Broker.ConsumeAsync(shop.Tenant, arrivals);
        await arrivals.WaitAsync(51);
        arrivals.ShouldBeWhole(51);
    }

    [Fact]
    public async Task A_wrong_password_is_a_case_until_the_file_has_the_right_one()
    {
        var shop = await StartAsync();
        await Broker.BindAsync(shop.Tenant, $"{shop.Tenant}.#");
        await shop.ReceiveAsync(["mug"]);
        var passwordFile = Path.Combine(await TestWorkspace.FolderAsync(), $"{shop.Tenant}.password");
        await File.WriteAllTextAsync(passwordFile, "wrong", TestContext.Current.CancellationToken);
        await using var connector = await RunAsync(shop, ("RabbitMq__PasswordFile", passwordFile));
        (await Eventually.Becomes(() => shop.CasesAsync(), cases => cases.Count > 0, Long)).Single().Reason.ShouldBe("ACCESS_REFUSED");

        await File.WriteAllTextAsync(passwordFile, await File.ReadAllTextAsync(Broker.PasswordFile, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        await shop.CaughtUpAsync(Consumer);
        await Eventually.Holds(async () => (await shop.CasesAsync()).Count == 0, Long);
    }

    private static async Task<string> LogAsync(ChildProcess connector) => await File.ReadAllTextAsync(connector.Program.LogFile);

    private static async Task<RegisteredChannel> ChannelAsync(Shop shop) =>
        (await shop.Channels.GetChannelAsync(new GetChannelRequest { TenantId = shop.Tenant, ChannelId = Consumer })).Channel;

    private async Task<Shop> StartAsync()
    {
        await rabbit.StartAsync();
        return await stand.ShopAsync(databases);
    }

    private async Task<ChildProcess> RunAsync(Shop shop, params (string Name, string Value)[] settings)
    {
        var platform = Services.RabbitMq(Broker.Address, RabbitMqServer.User, Broker.PasswordFile);
        foreach (var (name, value) in settings)
        {
            platform[name] = value;
        }

        return await TestWorkspace.StartAsync(await stand.ConnectorAsync(shop.Tenant, platform));
    }

    /// <summary>One broker for all tests of the class.</summary>
    public sealed class Fixture : IAsyncDisposable
    {
        public RabbitMqBroker? Broker { get; private set; }

        public async Task StartAsync() => Broker ??= await RabbitMqBroker.StartAsync();

        public async ValueTask DisposeAsync()
        {
            if (Broker is not null)
            {
                await Broker.DisposeAsync();
            }
        }
    }
}
