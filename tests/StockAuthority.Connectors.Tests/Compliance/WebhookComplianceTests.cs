using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using StockAuthority.Connectors.Simulators.Webhooks;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Connectors.Webhook;
using StockAuthority.Database;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>
/// The webhook connector with a subscriber. To the runtime its database is the channel, so what a subscriber does not take is acknowledged and waits there;
/// Webhook/DeliveryTests has what follows from that.
/// </summary>
public sealed class WebhookComplianceTests(TestPostgres postgres) : DeliveryCompliance
{
    private protected override string Consumer => WebhookFixture.Consumer;

    private protected override async Task<IChannelStand> StandAsync()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, WebhookReceiver.NewSecret());
        return new Stand(await postgres.CreateDatabaseAsync(), await SquareHost.StartAsync(settings: $"--Simulator:WebhookSecretFile={file}"), file);
    }

    private sealed class Stand(TestDatabase database, SquareHost subscriber, string secretFile) : IChannelStand
    {
        public int Calls => subscriber.Log.RecentRequests.Count(request => request.IsWrite);

        public bool KnowsKeys => true;

        public IReadOnlyList<(string Sku, long Units)> Applied =>
            [.. subscriber.Service<WebhookSubscriber>().Show().Recent.Where(webhook => webhook.IsNewer).Select(webhook => (webhook.Level.Sku, webhook.Level.Available))];

        public async Task<IAsyncDisposable> ConnectAsync(FeedHost feed, params string[] settings)
        {
            var app = await ConnectorHost.StartAsync(
                WebhookConnector.Configure,
                [
                    "--environment=Development", .. ConnectorHost.Of(feed), .. PosHost.Quick,
                    $"--ConnectionStrings:Webhooks={database.ConnectionString}", "--Webhook:AllowPrivateTargets=true", "--Webhook:PollInterval=00:00:00.010",
                    "--Webhook:Subscribers:0:Name=shop", $"--Webhook:Subscribers:0:Url={subscriber.Address}/sample-subscriber", $"--Webhook:Subscribers:0:SecretFile={secretFile}",
                    .. settings,
                ]);
            await app.Services.GetRequiredService<DatabaseMigration>().Done;
            return new Running(app);
        }

        // 500 is about one message, which is tried again by the published schedule; 503 is about the subscriber.
        public Task FaultAsync(ChannelFault fault) =>
            subscriber.FaultAsync(fault == ChannelFault.TwoErrorsAfterApplying ? """{"status":503,"count":2,"after_apply":true}""" : CommonFaults.Of(fault));

        public Task<long?> ShownAsync(string sku) =>
            Task.FromResult(subscriber.Service<WebhookSubscriber>().Show().Levels.SingleOrDefault(level => level.Sku == sku)?.Available);

        public Task OverwriteAsync(string sku, long units) => throw new NotSupportedException("Nobody reads what a subscriber has.");

        public async ValueTask DisposeAsync()
        {
            await subscriber.DisposeAsync();
            await database.DisposeAsync();
            File.Delete(secretFile);
        }
    }

    private sealed class Running(WebApplication app) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}
