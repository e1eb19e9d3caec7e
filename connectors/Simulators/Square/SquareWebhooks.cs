using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>Tells of changed counts as <c>inventory.count.updated</c>, signed, and again while nobody takes it; as <see cref="Fault"/> asks, never or several times.</summary>
internal sealed class SquareWebhooks(SimulatorOptions options, Faults faults, TimeProvider clock) : BackgroundService
{
    private const int MostAttempts = 5;
    private const int MostWaiting = 10_000;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private readonly Channel<byte[]> _waiting = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Updated(IReadOnlyList<InventoryCount> counts, DateTimeOffset now)
    {
        var fault = faults.Current;
        if (options.SquareWebhookUrl is null || fault.LosesWebhooks)
        {
            return;
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(
            new CountUpdated("SIMMERCHANT", "inventory.count.updated", Guid.NewGuid().ToString(), SquareTimes.Text(now), new CountUpdatedData("inventory_counts", Guid.NewGuid().ToString(), new CountUpdatedObject(counts))),
            SquareJson.Default.CountUpdated);
        for (var copy = 0; copy < Math.Max(1, fault.WebhookCopies); copy++)
        {
            _waiting.Writer.TryWrite(body);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        await foreach (var body in _waiting.Reader.ReadAllAsync(stoppingToken))
        {
            for (var attempt = 1; attempt <= MostAttempts && !await TrySendAsync(http, body, stoppingToken); attempt++)
            {
                await Task.Delay(FirstPause * attempt, clock, stoppingToken);
            }
        }
    }

    private async Task<bool> TrySendAsync(HttpClient http, byte[] body, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        byte[] signed = [.. Encoding.UTF8.GetBytes(options.SquareWebhookUrl!.OriginalString), .. body];
        content.Headers.Add("x-square-hmacsha256-signature", Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(options.SquareWebhookKey!), signed)));
        try
        {
            using var response = await http.PostAsync(options.SquareWebhookUrl, content, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
