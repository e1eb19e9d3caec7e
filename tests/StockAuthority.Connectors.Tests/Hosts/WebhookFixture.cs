using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using StockAuthority.Cli.Webhook;
using StockAuthority.Connectors.Webhook;
using StockAuthority.Database;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>A feed, a database and subscribers for each test; the test starts the real connector when its stage is set.</summary>
public abstract class WebhookFixture(TestPostgres postgres) : IAsyncLifetime
{
    public const string Consumer = "webhook";
    private readonly List<WebApplication> _connectors = [];
    private readonly List<WebhookReceiver> _receivers = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("stockauthority-webhooks-").FullName;

    internal FeedHost Feed { get; private set; } = null!;

    internal Journal Journal => Feed.Journal;

    internal ShiftedClock Clock { get; } = new();

    public TestDatabase Database { get; private set; } = null!;

    internal WebhookDatabase Log { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Feed = await FeedHost.StartAsync();
        Database = await postgres.CreateDatabaseAsync();
        Log = new WebhookDatabase(Database.DataSource, Clock);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connector in _connectors)
        {
            await connector.StopAsync();
            await connector.DisposeAsync();
        }

        foreach (var receiver in _receivers)
        {
            await receiver.DisposeAsync();
        }

        await Feed.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    internal async Task<WebhookReceiver> SubscriberAsync()
    {
        var receiver = await WebhookReceiver.StartAsync();
        _receivers.Add(receiver);
        return receiver;
    }

    /// <summary>The settings of a subscriber whose name is its position: <c>s0</c>, <c>s1</c> and so on.</summary>
    internal string[] Subscribes(int position, WebhookReceiver receiver, params string[] filters)
    {
        WriteSecrets(position, receiver.Secrets);
        var section = string.Create(CultureInfo.InvariantCulture, $"--Webhook:Subscribers:{position}:");
        return [$"{section}Name=s{position}", $"{section}Url={receiver.Url}", $"{section}SecretFile={SecretFile(position)}", .. filters.Select(filter => section + filter)];
    }

    internal void WriteSecrets(int position, IEnumerable<string> secrets) => File.WriteAllLines(SecretFile(position), secrets);

    internal string[] Settings(params string[] more) =>
    [
        "--environment=Development",
        .. ConnectorHost.Of(Feed),
        "--Channel:CustomerSentence=The last units are shown.", "--Channel:Owner=nobody", "--Channel:InitialRollout=100",
        "--Connector:RetryDelay=00:00:00.020",
        "--Connector:MaxRetryDelay=00:00:01",
        "--Connector:BreakDuration=00:00:00.500",
        "--Connector:PollInterval=00:00:00.050",
        "--Connector:PushesPerSecond=1000",
        $"--ConnectionStrings:Webhooks={Database.ConnectionString}",
        "--Webhook:AllowPrivateTargets=true",
        "--Webhook:PollInterval=00:00:00.010",
        .. more,
    ];

    internal async Task<WebApplication> ConnectAsync(params string[] settings)
    {
        var app = await ConnectorHost.StartAsync(WebhookConnector.Configure, Settings(settings), Clock);
        _connectors.Add(app);
        await app.Services.GetRequiredService<DatabaseMigration>().Done;
        return app;
    }

    internal async Task StopAsync(WebApplication connector)
    {
        _connectors.Remove(connector);
        await connector.StopAsync();
        await connector.DisposeAsync();
    }

    internal Task CheckpointAsync(long sequence) => Eventually.HoldsAsync(() => Journal.Checkpoint(Consumer) == sequence, $"the checkpoint is {sequence}");

    internal async Task<SubscriberState> StateAsync(string subscriber) => (await Log.SubscribersAsync(CancellationToken.None)).Single(state => state.Subscriber == subscriber);

    internal Task<IReadOnlyList<DeliveryEntry>> DeliveriesAsync(string? status = null) => Log.DeliveriesAsync(null, status, 10_000, CancellationToken.None);

    internal Task DeliveredAsync(int messages) => Eventually.HoldsAsync(async () => (await DeliveriesAsync("delivered")).Count == messages, $"{messages} messages are delivered");

    private string SecretFile(int position) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"s{position}.secret"));
}
