using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StockAuthority.Connectors.Simulators;
using StockAuthority.Connectors.Simulators.Control;
using StockAuthority.Connectors.Simulators.Square;
using StockAuthority.DevHost.Processes;

namespace StockAuthority.Bench.Channels;

/// <summary>The channels' simulators in this process, so that what becomes visible is known when it does and not when somebody looks.</summary>
internal sealed class SimulatorStand : IAsyncDisposable
{
    public const string Token = "bench-token";
    private readonly WebApplication _app;

    private SimulatorStand(WebApplication app, string subscriberSecretFile) => (_app, SubscriberSecretFile) = (app, subscriberSecretFile);

    public Uri Address => new(_app.Urls.Single());

    /// <summary>What the sample subscriber verifies webhooks with.</summary>
    public string SubscriberSecretFile { get; }

    /// <summary>Tells each quantity that a simulated channel begins to show.</summary>
    public event Action<CountChange> Shown
    {
        add => Service<RequestLog>().AppliedOne += value;
        remove => Service<RequestLog>().AppliedOne -= value;
    }

    /// <param name="folder">For the subscriber's secret.</param>
    /// <param name="webhook">Where Square's webhooks go.</param>
    public static async Task<SimulatorStand> StartAsync(string folder, SquareWebhook webhook)
    {
        var secretFile = Path.Combine(folder, "bench-subscriber.secret");
        await File.WriteAllTextAsync(secretFile, "whsec_" + Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));

        // Shopify's bucket is for the shop's plan; here the connector's own pace is to be seen.
        var builder = WebApplication.CreateBuilder(
        [
            "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0", $"--Simulator:AccessToken={Token}", "--Simulator:ShopifyRestoreRate=1000000",
            $"--Simulator:WebhookSecretFile={secretFile}", $"--Simulator:SquareWebhookUrl={webhook.NotificationUrl}", $"--Simulator:SquareWebhookKey={webhook.SignatureKey}",
        ]);
        if (SimulatorHost.Configure(builder) is { } problem)
        {
            throw new InvalidOperationException(problem);
        }

        builder.Logging.ClearProviders();
        var app = SimulatorHost.Build(builder);
        await app.StartAsync();
        return new SimulatorStand(app, secretFile);
    }

    public T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
