using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>A subscriber's server. It verifies signatures by the specification's words, with nothing of the connector's code.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReceivedWebhook> _received = new();

    private WebhookReceiver(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single() + "/hook";

    /// <summary>All requests, also those that it did not take.</summary>
    public IReadOnlyList<ReceivedWebhook> Received => [.. _received];

    public IReadOnlyList<string> Secrets { get; set; } = [NewSecret()];

    public Func<ReceivedWebhook, ReceiverAnswer> Answers { get; set; } = _ => new ReceiverAnswer(204);

    public static string NewSecret() => "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.MapPost("/hook", receiver.ReceiveAsync);
        await app.StartAsync();
        return receiver;
    }

    public long Shows(string sku) => Received.LastOrDefault(webhook => webhook.Sku == sku)?.Available ?? -1;

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer);
        var webhook = Read(context.Request.Headers, buffer.ToArray());
        _received.Enqueue(webhook);
        var answer = Answers(webhook);
        if (answer.Hold is { } hold)
        {
            await hold.WaitAsync(context.RequestAborted);
        }

        context.Response.StatusCode = answer.Status;
        if (answer.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (answer.Location is { } location)
        {
            context.Response.Headers.Location = location;
        }

        if (answer.Body is { } body)
        {
            await context.Response.WriteAsync(body);
        }
    }

    private ReceivedWebhook Read(IHeaderDictionary headers, byte[] body)
    {
        var id = headers["webhook-id"].Single()!;
        var timestamp = headers["webhook-timestamp"].Single()!;
        var signatures = headers["webhook-signature"].Single()!.Split(' ');
        var matching = Secrets.Count(secret =>
        {
            using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Convert.FromBase64String(secret["whsec_".Length..]));
            mac.AppendData(Encoding.UTF8.GetBytes(id));
            mac.AppendData("."u8);
            mac.AppendData(Encoding.UTF8.GetBytes(timestamp));
            mac.AppendData("."u8);
            mac.AppendData(body);
            return signatures.Contains("v1," + Convert.ToBase64String(mac.GetHashAndReset()), StringComparer.Ordinal);
        });
        using var json = JsonDocument.Parse(body);
        var data = json.RootElement.GetProperty("data");
        json.RootElement.GetProperty("timestamp").GetDateTimeOffset();
        return new ReceivedWebhook(
            id, long.Parse(timestamp, CultureInfo.InvariantCulture), signatures.Length, matching, json.RootElement.GetProperty("type").GetString()!,
            data.GetProperty("sku").GetString()!, data.GetProperty("location_id").GetString()!, data.GetProperty("available").GetInt64(),
            data.GetProperty("version").GetInt64(), data.GetProperty("sequence").GetInt64(), TimeProvider.System.GetUtcNow());
    }
}
