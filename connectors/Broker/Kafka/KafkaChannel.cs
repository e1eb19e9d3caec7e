using System.Globalization;
using System.Text;
using Confluent.Kafka;
using StockAuthority.Connectors.Broker.Events;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Forwarding;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Connectors.Broker.Kafka;

/// <summary>
/// A topic of Kafka, by an idempotent producer: acknowledged by all replicas in sync, once and in order however often the client itself repeats.
/// A producer that failed for good is replaced, and what it had not delivered is produced again by the next.
/// </summary>
internal sealed partial class KafkaChannel(KafkaOptions options, StockChangeEvents events, ILogger<KafkaChannel> logger) : IFeedChannel, IDisposable
{
    private static readonly byte[] ContentType = Encoding.ASCII.GetBytes(StockChangeEvents.ContentType);
    private IProducer<string, byte[]>? _producer;
    private volatile Error? _fatal;

    /// <summary>
    /// A broker refuses a whole batch for one message that is too large for the topic. So many are sent one by one then, each settled before the
    /// next, until it is found.
    /// </summary>
    private int _singly;

    public string Name => "kafka";

    public int MaxMovementsPerForward => 1000;

    public async Task<ForwardResult> ForwardAsync(IReadOnlyList<Movement> movements, CancellationToken cancellationToken)
    {
        var count = _singly > 0 ? 1 : movements.Count;
        var outcome = await ProduceAsync([.. movements.Take(count).Select(events.Encode)], cancellationToken);
        if (_singly > 0)
        {
            _singly = Math.Max(0, _singly - outcome.Settled);
            return count < movements.Count && outcome.Trouble is null ? outcome with { Trouble = Searching } : outcome;
        }

        return outcome;
    }

    public void Dispose()
    {
        // What is still under way is nobody's: it is not acknowledged, so whoever goes on sends it again.
        _producer?.Dispose();
        _producer = null;
    }

    private static ForwardTrouble Searching => new("SEARCHING", "one by one, because one of them is too large for the topic");

    private async Task<ForwardResult> ProduceAsync(List<StockChange> changes, CancellationToken cancellationToken)
    {
        var deliveries = new Deliveries(changes.Count);
        try
        {
            var producer = Producer();
            for (var position = 0; position < changes.Count; position++)
            {
                Produce(producer, changes[position], position, deliveries);
            }

            await deliveries.Ended.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Dispose();
            throw;
        }
        catch (Exception exception) when (exception is KafkaException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            Dispose();
            return new ForwardResult(0, new Dictionary<int, Refusal>(), Trouble((exception as KafkaException)?.Error, exception.Message));
        }

        var result = Result(changes, deliveries);
        if (_fatal is { } fatal)
        {
            LogFatal(options.Topic, fatal.Code, fatal.Reason);
            Dispose();
        }

        return result;
    }

    private void Produce(IProducer<string, byte[]> producer, StockChange change, int position, Deliveries deliveries)
    {
        var message = new Message<string, byte[]>
        {
            Key = change.Key,
            Value = change.Body.ToArray(),
            Timestamp = new Timestamp(change.Time),
            Headers = new Headers { { "content-type", ContentType } },
        };
        try
        {
            producer.Produce(options.Topic, message, report => deliveries.Report(position, report.Error));
        }
        catch (ProduceException<string, byte[]> refusal) when (refusal.Error.Code == ErrorCode.MsgSizeTooLarge)
        {
            // By the client's own limit, message.max.bytes.
            deliveries.Report(position, refusal.Error, isAlone: true);
        }
    }

    private ForwardResult Result(List<StockChange> changes, Deliveries deliveries)
    {
        var refused = new Dictionary<int, Refusal>();
        for (var position = 0; position < changes.Count; position++)
        {
            var (error, isAlone) = deliveries.Of(position);
            if (!error.IsError)
            {
                continue;
            }

            if (error.Code == ErrorCode.MsgSizeTooLarge && (isAlone || changes.Count == 1))
            {
                refused[position] = new Refusal(
                    (int)error.Code, "TOO_LARGE", null, string.Create(CultureInfo.InvariantCulture, $"{changes[position].Body.Length} bytes; {error.Reason}"), changes[position].Id, null);
                continue;
            }

            if (error.Code == ErrorCode.MsgSizeTooLarge)
            {
                _singly = changes.Count - position;
                return new ForwardResult(position, refused, Searching);
            }

            return new ForwardResult(position, refused, Trouble(error, error.Reason));
        }

        return new ForwardResult(changes.Count, refused, null);
    }

    private static ForwardTrouble Trouble(Error? error, string reason) => error?.Code switch
    {
        ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition => new ForwardTrouble("TOPIC_MISSING", reason, NeedsPeople: true),
        ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Authentication =>
            new ForwardTrouble("ACCESS_REFUSED", reason, NeedsPeople: true),
        ErrorCode.InvalidConfig or ErrorCode.PolicyViolation or ErrorCode.InvalidRecord => new ForwardTrouble("TOPIC_REFUSES", reason, NeedsPeople: true),
        ErrorCode.Local_MsgTimedOut => new ForwardTrouble("UNREACHABLE", reason),
        null => new ForwardTrouble("UNREACHABLE", reason),
        { } code => new ForwardTrouble(code.ToString(), reason),
    };

    private IProducer<string, byte[]> Producer()
    {
        if (_producer is null)
        {
            _fatal = null;
            _producer = new ProducerBuilder<string, byte[]>(options.Producer())
                .SetErrorHandler((_, error) =>
                {
                    if (error.IsFatal)
                    {
                        _fatal = error;
                    }
                })
                .SetLogHandler((_, log) => LogClient(log.Facility, log.Message))
                .Build();
        }

        return _producer;
    }

    [LoggerMessage(LogLevel.Error, "The producer for topic {Topic} failed for good ({Code}: {Reason}); another one goes on")]
    private partial void LogFatal(string topic, ErrorCode code, string reason);

    [LoggerMessage(LogLevel.Debug, "librdkafka {Facility}: {Message}")]
    private partial void LogClient(string facility, string message);
}
