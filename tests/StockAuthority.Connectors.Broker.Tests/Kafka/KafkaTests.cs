using System.Globalization;
using System.Text;
using CloudNative.CloudEvents.Extensions;
using Confluent.Kafka;
using Shouldly;
using StockAuthority.Connectors.Broker.Tests.Hosts;
using StockAuthority.DevHost.Processes;
using StockAuthority.Operations.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Broker.Tests.Kafka;

/// <summary>The connector as a process, a real authority and librdkafka's mock brokers.</summary>
public sealed class KafkaTests(BrokerStand stand, TestPostgres databases)
{
    private const string Consumer = "broker-kafka";
    private const int Partitions = 4;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Every_movement_becomes_a_record_of_the_documented_shape()
    {
        using var kafka = new MockKafka(3, Partitions);
        var shop = await stand.ShopAsync(databases);
        await shop.ReceiveAsync(20, 10);
        await using var connector = await RunAsync(shop, kafka);
        await shop.CaughtUpAsync(Consumer);

        var (arrivals, records) = Read(kafka, shop);
        arrivals.ShouldBeWhole(200);
        records.Count.ShouldBe(200);
        records.Select(record => record.Partition).Distinct().Count().ShouldBeGreaterThan(1);
        for (var index = 0; index < records.Count; index++)
        {
            records[index].Message.Key.ShouldBe(arrivals.All[index].Event.GetPartitionKey());
        }

        var first = records.Single(record => record.Message.Key == $"{shop.Tenant}/sku-0/{BrokerStand.Store}" && record.Message.Timestamp.Type == TimestampType.CreateTime
            && record.Offset == records.Where(each => each.Message.Key == record.Message.Key).Min(each => each.Offset.Value));
        Encoding.ASCII.GetString(first.Message.Headers.GetLastBytes("content-type")).ShouldBe("application/cloudevents+json; charset=utf-8");
    }

    [Fact]
    public async Task Brokers_that_go_down_in_the_middle_lose_and_disorder_nothing()
    {
        using var kafka = new MockKafka(3, Partitions);
        var shop = await stand.ShopAsync(databases);
        await using var connector = await RunAsync(shop, kafka);
        var receiving = shop.ReceiveAsync(100, 20);
        await Eventually.Holds(async () => (await shop.CheckpointAsync(Consumer)).Sequence > 100, Long);
        kafka.AllDown();
        await Eventually.Holds(async () => (await File.ReadAllTextAsync(connector.Program.LogFile)).Contains("did not take", StringComparison.Ordinal), Long);
        var acknowledged = (await shop.CheckpointAsync(Consumer)).Sequence;
        kafka.AllUp();
        await receiving;
        await shop.CaughtUpAsync(Consumer);

        acknowledged.ShouldBeLessThan(2000);
        Read(kafka, shop).Arrivals.ShouldBeWhole(2000, mayLeaveGaps: true);
    }

    [Fact]
    public async Task A_connector_that_is_killed_in_the_middle_has_acknowledged_no_more_than_what_is_there_and_the_next_goes_on()
    {
        using var kafka = new MockKafka(3, Partitions);
        var shop = await stand.ShopAsync(databases);
        var receiving = shop.ReceiveAsync(100, 20);
        var first = await RunAsync(shop, kafka);
        await Eventually.Holds(async () => (await shop.CheckpointAsync(Consumer)).Sequence > 100, Long);
        await first.KillAsync();
        var acknowledged = (await shop.CheckpointAsync(Consumer)).Sequence;
        Read(kafka, shop).Arrivals.All.Select(arrival => arrival.Sequence).Distinct().LongCount(sequence => sequence <= acknowledged).ShouldBe(acknowledged);

        await using var second = await RunAsync(shop, kafka);
        await receiving;
        await shop.CaughtUpAsync(Consumer);
        Read(kafka, shop).Arrivals.ShouldBeWhole(2000);
    }

    [Theory]
    [InlineData(ErrorCode.NotLeaderForPartition)]
    [InlineData(ErrorCode.RequestTimedOut)]
    [InlineData(ErrorCode.NotEnoughReplicasAfterAppend)]
    [InlineData(ErrorCode.OutOfOrderSequenceNumber)]
    [InlineData(ErrorCode.UnknownProducerId)]
    [InlineData(ErrorCode.InvalidProducerEpoch)]
    [InlineData(ErrorCode.TopicAuthorizationFailed)]
    public async Task Whatever_the_brokers_answer_nothing_is_lost(ErrorCode error)
    {
        using var kafka = new MockKafka(1, 1);
        var shop = await stand.ShopAsync(databases);
        await using var connector = await RunAsync(shop, kafka);
        await shop.ReceiveAsync(["sku-0"]);
        await shop.CaughtUpAsync(Consumer);
        kafka.FailNext(error, error);
        await shop.ReceiveAsync(20, 5);
        await shop.CaughtUpAsync(Consumer);
        Read(kafka, shop, partitions: 1).Arrivals.ShouldBeWhole(101, mayLeaveGaps: true);
        await Eventually.Holds(async () => (await shop.CasesAsync()).Count == 0, Long);
    }

    [Fact]
    public async Task What_is_too_large_for_the_client_becomes_a_case_and_the_rest_goes_on()
    {
        using var kafka = new MockKafka(1, 1);
        var shop = await stand.ShopAsync(databases);
        var large = new string('ü', 128);
        await shop.ReceiveAsync(["mug", large, "pot"]);
        await using var connector = await RunAsync(shop, kafka, ("Kafka__Client__message_max_bytes", "2500"));
        await shop.CaughtUpAsync(Consumer);
        await ShouldHaveRefusedAsync(shop, large, 2);
        Read(kafka, shop, partitions: 1).Arrivals.All.Select(arrival => arrival.Sequence).ShouldBe([1, 3]);
    }

    [Fact]
    public async Task What_is_too_large_for_the_topic_is_found_among_those_that_went_with_it()
    {
        using var kafka = new MockKafka(1, 1);
        var shop = await stand.ShopAsync(databases);
        await shop.ReceiveAsync(["mug", "pot", "tea"]);

        // The first batch, and then each message alone: the first is taken, the second refused.
        kafka.FailNext(ErrorCode.MsgSizeTooLarge, ErrorCode.NoError, ErrorCode.MsgSizeTooLarge);
        await using var connector = await RunAsync(shop, kafka, ("Kafka__Client__linger_ms", "200"));
        await shop.CaughtUpAsync(Consumer);
        await ShouldHaveRefusedAsync(shop, "pot", 2);
        Read(kafka, shop, partitions: 1).Arrivals.All.Select(arrival => arrival.Sequence).ShouldBe([1, 3]);
    }

    [Fact]
    public async Task A_topic_that_does_not_exist_is_a_case_until_it_does()
    {
        using var kafka = new MockKafka(1, 1);
        kafka.FailTopic(ErrorCode.UnknownTopicOrPart);
        var shop = await stand.ShopAsync(databases);
        await shop.ReceiveAsync(["mug"]);
        await using var connector = await RunAsync(shop, kafka, ("Kafka__Client__topic_metadata_propagation_max_ms", "200"));
        (await Eventually.Becomes(() => shop.CasesAsync(), cases => cases.Count > 0, Long)).Single().Reason.ShouldBe("TOPIC_MISSING");
        kafka.FailTopic(ErrorCode.NoError);
        await shop.CaughtUpAsync(Consumer);
        await Eventually.Holds(async () => (await shop.CasesAsync()).Count == 0, Long);
    }

    private static async Task ShouldHaveRefusedAsync(Shop shop, string sku, long sequence)
    {
        var refused = (await Eventually.Becomes(() => shop.CasesAsync(), cases => cases.Count > 0, Long)).Single();
        (refused.Kind, refused.Reason, refused.Sku, refused.Reference)
            .ShouldBe((ExceptionKind.DeliveryFailed, "TOO_LARGE", sku, string.Create(CultureInfo.InvariantCulture, $"movement/{sequence}")));
    }

    private static (Arrivals Arrivals, List<ConsumeResult<string, byte[]>> Records) Read(MockKafka kafka, Shop shop, int partitions = Partitions)
    {
        var records = kafka.Read(partitions);
        var arrivals = new Arrivals(shop.Tenant);
        records.ForEach(record => arrivals.Add(record.Message.Value));
        return (arrivals, records);
    }

    private async Task<ChildProcess> RunAsync(Shop shop, MockKafka kafka, params (string Name, string Value)[] settings)
    {
        var platform = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Broker__Channel"] = "kafka",
            ["Kafka__BootstrapServers"] = kafka.Bootstrap,
            ["Kafka__Topic"] = MockKafka.Topic,
        };
        foreach (var (name, value) in settings)
        {
            platform[name] = value;
        }

        return await TestWorkspace.StartAsync(await stand.ConnectorAsync(shop.Tenant, platform));
    }
}
