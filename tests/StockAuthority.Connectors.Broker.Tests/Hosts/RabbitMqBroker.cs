using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using StockAuthority.DevHost.Processes;
using StockAuthority.DevHost.RabbitMq;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Broker.Tests.Hosts;

/// <summary>A real RabbitMQ, which tests may kill.</summary>
public sealed class RabbitMqBroker : IAsyncDisposable
{
    /// <summary>More than an ordinary event has.</summary>
    public const int LargestMessageBytes = 2500;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);
    private readonly RabbitMqServer _rabbit;
    private readonly string _folder;
    private readonly ChildProcess _names;
    private ChildProcess? _server;

    private RabbitMqBroker(RabbitMqServer rabbit, string folder, ChildProcess names) => (_rabbit, _folder, _names) = (rabbit, folder, names);

    public Uri Address => _rabbit.Address;

    public string PasswordFile => RabbitMqServer.PasswordFile(_folder);

    /// <summary>Skips the test where RabbitMQ is not installed.</summary>
    public static async Task<RabbitMqBroker> StartAsync(string settings = "")
    {
        if (RabbitMqServer.Missing() is { } missing)
        {
            Assert.Skip(missing);
        }

        var folder = Path.Combine(await TestWorkspace.FolderAsync(), $"rabbitmq-{Guid.NewGuid():N}");
        var rabbit = await RabbitMqServer.PrepareAsync(
            folder, RabbitMqPorts.Free(), await TestWorkspace.NewLogFileAsync("rabbitmq"), await TestWorkspace.NewLogFileAsync("epmd"), $"max_message_size = {LargestMessageBytes}\n{settings}");
        var broker = new RabbitMqBroker(rabbit, folder, await TestWorkspace.StartAsync(rabbit.Names));
        await broker.StartAgainAsync();
        return broker;
    }

    public async Task StartAgainAsync() => _server = await TestWorkspace.StartAsync(_rabbit.Server);

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await server.KillAsync();
            await TestWorkspace.StopAsync(server, Grace);
        }
    }

    /// <summary>Takes nothing more from publishers, as when memory runs out.</summary>
    public Task BlockAsync() => _rabbit.ControlAsync("set_vm_memory_high_watermark", "absolute", "1MB");

    public Task UnblockAsync() => _rabbit.ControlAsync("set_vm_memory_high_watermark", "0.8");

    public async Task<IConnection> ConnectAsync() => await new ConnectionFactory
    {
        Uri = Address,
        UserName = RabbitMqServer.User,
        Password = await File.ReadAllTextAsync(PasswordFile),
        AutomaticRecoveryEnabled = false,
    }.CreateConnectionAsync();

    /// <summary>Makes a durable queue, bound to what a pattern says.</summary>
    public async Task BindAsync(string queue, string pattern, Dictionary<string, object?>? arguments = null)
    {
        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.ExchangeDeclareAsync("stockauthority.changes", ExchangeType.Topic, durable: true);
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments);
        await channel.QueueBindAsync(queue, "stockauthority.changes", pattern);
    }

    /// <summary>Consumes all that the queue has and gets.</summary>
    internal async Task<IAsyncDisposable> ConsumeAsync(string queue, Arrivals arrivals, Action<BasicDeliverEventArgs>? look = null)
    {
        var connection = await ConnectAsync();
        var channel = await connection.CreateChannelAsync();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, message) =>
        {
            look?.Invoke(message);
            arrivals.Add(message.Body.ToArray());
            await channel.BasicAckAsync(message.DeliveryTag, multiple: false);
        };
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await TestWorkspace.StopAsync(_names, Grace);
    }
}
