using StockAuthority.DevHost.Identity;
using StockAuthority.DevHost.Postgres;
using StockAuthority.DevHost.Processes;
using StockAuthority.DevHost.RabbitMq;
using StockAuthority.DevHost.Redis;
using StockAuthority.DevHost.Tryton;

namespace StockAuthority.DevHost.Up;

/// <summary>The whole system on one machine. What was started last is stopped first.</summary>
internal sealed class DevSystem(Checkout checkout, PortPlan ports, Action<string> say) : IAsyncDisposable
{
    public const string OwnName = "devhost";

    private readonly Stack<Func<Task>> _stops = new();
    private readonly List<IDevService> _services = [];
    private readonly string _logs = Path.Combine(checkout.Dev, "logs");
    private readonly string _endpointsFile = Path.Combine(checkout.Dev, "endpoints.json");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        File.Delete(_endpointsFile);
        var orphans = await ProcessRecord.EndRecordedAsync(checkout.ProcessRecord);
        if (orphans.Count > 0)
        {
            say($"ended what an earlier run left behind: {string.Join(", ", orphans)}");
        }

        await PostgresCluster.EndOrphanAsync(checkout.Postgres);
        await ports.RequireFreeAsync(cancellationToken);

        Services.RequireBuilt(checkout);
        var secrets = DevSecrets.Open(Path.Combine(checkout.Dev, "secrets.json"));
        using var issuer = DevelopmentIssuer.Open(checkout.Dev, TimeProvider.System);
        var tokens = new DevTokens(checkout, issuer);
        var grpc = Services.Loopback(ports.Grpc);

        // The record of a run that was killed is used up; this one starts its own.
        var record = new ProcessRecord(checkout.ProcessRecord);
        record.Add(OwnName, ProcessIdentity.Current);
        _stops.Push(() => Remove(checkout.ProcessRecord));

        var cluster = await PostgresCluster.OpenAsync(checkout.Postgres, PostgresSettings.Durable, Log("postgres"), cancellationToken);
        await StartAsync(new PostgresService(cluster, ports.Postgres, record), cancellationToken);
        var serverDatabase = await cluster.EnsureDatabaseAsync("stockauthority", "stockauthority_server", secrets.ServerDatabasePassword, cancellationToken);
        var inbox = await cluster.EnsureDatabaseAsync("stockauthority_intake", "stockauthority_intake", secrets.IntakeDatabasePassword, cancellationToken);
        var webhooks = await cluster.EnsureDatabaseAsync("stockauthority_webhooks", "stockauthority_webhooks", secrets.WebhooksDatabasePassword, cancellationToken);
        var tills = await cluster.EnsureDatabaseAsync("stockauthority_pos", "stockauthority_pos", secrets.PosDatabasePassword, cancellationToken);
        var redis = EmbeddedGarnet.Start(ports.Redis);
        _stops.Push(() => Task.Run(redis.Dispose));
        say("redis ready");

        // First, because the server finds the issuer there.
        var frontDoor = await FrontDoor.StartAsync(ports, issuer, cancellationToken);
        _stops.Push(() => frontDoor.DisposeAsync().AsTask());
        var identity = issuer.Settings(Services.Address(ports.FrontDoor));
        await StartAsync(
            new ChildService(Services.Server(checkout, Log("server"), ports.Grpc, ports.ServerJson, serverDatabase, redis.Endpoint, identity), record),
            cancellationToken);
        await Seed.RunAsync(grpc, tokens.Seed, cancellationToken);
        var channels = DevChannels.Write(checkout, secrets);
        var squareWebhook = new SquareWebhook(new Uri(Services.Loopback(ports.FrontDoor), SquareWebhook.Path), secrets.SquareSignatureKey);
        await StartAsync(
            new ChildService(Services.Simulator(checkout, Log("simulator"), ports.Simulator, secrets.SquareAccessToken, channels.SubscriberSecretFile, squareWebhook), record),
            cancellationToken);
        await StartAsync(
            new ChildService(
                Services.Intake(checkout, Log("intake"), ports.Intake, inbox, grpc, tokens.IntakeFile, Seed.Tenant, secrets.StripeWebhookSecret, secrets.AdyenHmacKey), record),
            cancellationToken);
        await StartAsync(
            new ChildService(
                Services.Pos(
                    checkout, Log("pos"), ports.Connector, grpc, tokens.PosFile, Seed.Tenant, Services.Loopback(ports.Simulator), secrets.SquareAccessToken, tills, squareWebhook),
                record),
            cancellationToken);

        await StartErpAsync(cluster, tokens, grpc, record, cancellationToken);
        await StartAsync(
            new ChildService(
                Services.Webhook(
                    checkout, Log("webhook"), ports.WebhookConnector, grpc, tokens.WebhookFile, Seed.Tenant, webhooks,
                    new Uri(Services.Loopback(ports.Simulator), "/sample-subscriber"), channels.SubscriberSecretFile),
                record),
            cancellationToken);
        await StartAsync(
            new ChildService(
                Services.Marketplace(
                    checkout, Log("marketplace"), ports.Marketplace, grpc, tokens.MarketplaceFile, Seed.Tenant, Services.Loopback(ports.Simulator), secrets.SquareAccessToken,
                    channels.ShopifyMappingFile),
                record),
            cancellationToken);
        await StartBrokerAsync(tokens, grpc, record, cancellationToken);

        var endpoints = new DevEndpoints
        {
            Grpc = grpc.OriginalString,
            Http = Services.Address(ports.FrontDoor),
            Simulator = Services.Address(ports.Simulator),
            Postgres = serverDatabase,
            Webhooks = webhooks,
            Redis = redis.Endpoint,
            Token = tokens.Demo,
            Tenant = Seed.Tenant,
            StripeWebhookSecret = secrets.StripeWebhookSecret,
            AdyenHmacKey = secrets.AdyenHmacKey,
            SimulatorToken = secrets.SquareAccessToken,
        };
        endpoints.Write(_endpointsFile);
        _stops.Push(() => Remove(_endpointsFile));
        say($"a subscriber of webhooks shows what it got at {endpoints.Simulator}/simulator/webhooks; the delivery log: ./dev stockctl webhook deliveries");
        say($"channels show what they were asked at {endpoints.Simulator}/simulator/requests (Square, Shopify)");
        say($"token {endpoints.Token}");
        say(endpoints.Line);
    }

    /// <summary>Runs until cancelled; throws where a part cannot stay up.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watches = _services.Select(service => Supervision.WatchAsync(service, say, together.Token)).ToList();
        var first = await Task.WhenAny(watches);
        await together.CancelAsync();
        await Task.WhenAll(watches).ContinueWith(_ => { }, TaskScheduler.Default);
        await first;
    }

    public async ValueTask DisposeAsync()
    {
        while (_stops.TryPop(out var stop))
        {
            try
            {
                await stop();
            }
            catch (Exception e)
            {
                // The others must still be stopped.
                say($"while stopping: {e.Message}");
            }
        }
    }

    private async Task StartAsync(IDevService service, CancellationToken cancellationToken)
    {
        _stops.Push(service.StopAsync);
        await service.StartAsync(cancellationToken);
        _services.Add(service);
        say($"{service.Name} ready");
    }

    /// <summary>Where Tryton is installed; the system is whole without it.</summary>
    private async Task StartErpAsync(PostgresCluster cluster, DevTokens tokens, Uri grpc, ProcessRecord record, CancellationToken cancellationToken)
    {
        if (TrytonServer.Missing() is { } missing)
        {
            say($"without an ERP: {missing}");
            return;
        }

        var folder = Path.Combine(checkout.Dev, "tryton");
        var password = TrytonServer.Password(folder);
        say("preparing Tryton (the first time this takes a minute)");
        var tryton = await TrytonServer.PrepareAsync(
            checkout, cluster, "tryton", folder, Log("tryton"), ports.Tryton, password, Seed.Skus, cancellationToken);
        await StartAsync(new ChildService(tryton, record), cancellationToken);
        await StartAsync(
            new ChildService(
                Services.Erp(
                    checkout, Log("erp"), ports.ErpConnector, grpc, tokens.ErpFile, Seed.Tenant, Services.Loopback(ports.Tryton), "tryton", password, Seed.Locations),
                record),
            cancellationToken);
        say($"erp {Services.Address(ports.Tryton)} database=tryton user={TrytonServer.User} password={password}");
    }

    /// <summary>Where RabbitMQ is installed; the system is whole without it.</summary>
    private async Task StartBrokerAsync(DevTokens tokens, Uri grpc, ProcessRecord record, CancellationToken cancellationToken)
    {
        if (RabbitMqServer.Missing() is { } missing)
        {
            say($"without an event platform: {missing}");
            return;
        }

        var folder = Path.Combine(checkout.Dev, "rabbitmq");
        var rabbit = await RabbitMqServer.PrepareAsync(
            folder, new RabbitMqPorts(ports.RabbitMq, ports.RabbitMqNode, ports.RabbitMqNames), Log("rabbitmq"), Log("epmd"), cancellationToken: cancellationToken);
        await StartAsync(new ChildService(rabbit.Names, record), cancellationToken);
        await StartAsync(new ChildService(rabbit.Server, record), cancellationToken);

        // Nobody may have bound a queue yet, and nobody has to: what is published is for those who did.
        var platform = Services.RabbitMq(rabbit.Address, RabbitMqServer.User, RabbitMqServer.PasswordFile(folder));
        platform["RabbitMq__Unroutable"] = "accept";
        await StartAsync(
            new ChildService(Services.Broker(checkout, Log("broker"), ports.BrokerConnector, grpc, tokens.BrokerFile, Seed.Tenant, platform), record), cancellationToken);
        say($"events amqp://{RabbitMqServer.User}:{RabbitMqServer.Password(folder)}@127.0.0.1:{ports.RabbitMq} exchange=stockauthority.changes");
    }

    /// <summary>A log of this run; the previous run's is kept beside it.</summary>
    private string Log(string name)
    {
        Directory.CreateDirectory(_logs);
        var path = Path.Combine(_logs, name + ".log");
        if (File.Exists(path))
        {
            File.Move(path, Path.Combine(_logs, name + ".previous.log"), overwrite: true);
        }

        return path;
    }

    private static Task Remove(string path)
    {
        File.Delete(path);
        return Task.CompletedTask;
    }
}
