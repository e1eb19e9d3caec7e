using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace StockAuthority.Connectors.Broker.Tests.Hosts;

/// <summary>
/// The brokers that librdkafka brings for tests, on 127.0.0.1, with the faults that they offer. <c>test.mock.num.brokers</c> starts them for one
/// client only; these are for every process.
/// </summary>
#pragma warning disable CA2216 // Its brokers end with the process at the latest; a finalizer would run no sooner.
internal sealed partial class MockKafka : IDisposable
#pragma warning restore CA2216
{
    public const string Topic = "stock-changes";
    private const int Producer = 0;
    private const short ProduceRequest = 0;
    private const int ErrorBytes = 512;

    /// <summary>Of the package's builds the client takes the first that loads; they differ in the libraries that they need.</summary>
    private static readonly string[] Builds = ["librdkafka", "centos8-librdkafka", "alpine-librdkafka"];
    private readonly nint _client;
    private readonly nint _cluster;
    private readonly int _brokers;

    static MockKafka() => NativeLibrary.SetDllImportResolver(
        typeof(MockKafka).Assembly,
        static (_, assembly, path) => Builds.Select(build => NativeLibrary.TryLoad(build, assembly, path, out var library) ? library : 0).FirstOrDefault(library => library != 0));

    public MockKafka(int brokers, int partitions)
    {
        _brokers = brokers;
        var error = new byte[ErrorBytes];
        _client = New(Producer, 0, error, ErrorBytes);
        _cluster = NewCluster(_client, brokers);
        CreateTopic(_cluster, Topic, partitions, brokers);
        Bootstrap = Marshal.PtrToStringUTF8(Bootstraps(_cluster))!;
    }

    public string Bootstrap { get; }

    public void AllDown() => Each(broker => SetDown(_cluster, broker));

    public void AllUp() => Each(broker => SetUp(_cluster, broker));

    /// <summary>The answers to the next requests that would write.</summary>
    public void FailNext(params ErrorCode[] errors) => PushErrors(_cluster, ProduceRequest, (nuint)errors.Length, [.. errors.Select(error => (int)error)]);

    /// <summary>As if it did not exist; and no error again.</summary>
    public void FailTopic(ErrorCode error) => SetTopicError(_cluster, Topic, (int)error);

    /// <summary>All that is in the topic now, each partition in its order.</summary>
    public List<ConsumeResult<string, byte[]>> Read(int partitions)
    {
        using var consumer = new ConsumerBuilder<string, byte[]>(new ConsumerConfig { BootstrapServers = Bootstrap, GroupId = "test", EnablePartitionEof = true }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(partition => new TopicPartitionOffset(Topic, partition, Offset.Beginning)));
        List<ConsumeResult<string, byte[]>> all = [];
        for (var open = partitions; open > 0;)
        {
            var next = consumer.Consume(TimeSpan.FromSeconds(20)) ?? throw new TimeoutException("The mock brokers gave nothing.");
            if (next.IsPartitionEOF)
            {
                open--;
            }
            else
            {
                all.Add(next);
            }
        }

        return all;
    }

    public void Dispose()
    {
        DestroyCluster(_cluster);
        Destroy(_client);
    }

    private void Each(Func<int, int> broker) => _ = Enumerable.Range(1, _brokers).Select(id => broker(id)).ToList();

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint New(int type, nint configuration, byte[] error, nuint errorSize);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Destroy(nint client);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_cluster_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewCluster(nint client, int brokers);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_cluster_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void DestroyCluster(nint cluster);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Bootstraps(nint cluster);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_topic_create", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CreateTopic(nint cluster, string topic, int partitions, int replicas);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_topic_set_error", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void SetTopicError(nint cluster, string topic, int error);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_push_request_errors_array")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void PushErrors(nint cluster, short apiKey, nuint count, int[] errors);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_broker_set_down")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetDown(nint cluster, int broker);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_broker_set_up")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetUp(nint cluster, int broker);
}
