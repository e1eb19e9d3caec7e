using System.Collections.Concurrent;
using System.Globalization;
using Grpc.Net.Client;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;

namespace StockAuthority.Bench.Channels;

/// <summary>
/// Level channels: how fast a backlog of many SKUs becomes visible with the connector's rate limit lifted, and at a steady rate with its own
/// limit how long a change takes from when it was due to when the simulated channel shows it. With a database and a server of its own.
/// </summary>
internal sealed class ChannelsRun
{
    private const long OpeningQuantity = 1_000;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, string> Unlimited = new(StringComparer.Ordinal) { ["Connector__PushesPerSecond"] = "10000" };

    private readonly BenchSettings _settings;
    private readonly BenchReport _report;
    private readonly GrpcChannel _authority;
    private readonly Uri _address;
    private readonly Func<Task> _settle;

    private ChannelsRun(BenchSettings settings, BenchReport report, GrpcChannel authority, Uri address, Func<Task> settle) =>
        (_settings, _report, _authority, _address, _settle) = (settings, report, authority, address, settle);

    public static async Task RunAsync(BenchSettings settings, BenchReport report, TestPostgres postgres, Func<Task> settle, CancellationToken cancellationToken)
    {
        string[] names = ["square", "shopify", "amazon", "webhook"];
        if (!names.Any(name => settings.Wants(Drained(name)) || settings.Wants(Visible(name))))
        {
            return;
        }

        await settings.Progress.WriteLineAsync("starting a server and simulators for channels");
        await using var ledger = await postgres.CreateDatabaseAsync(cancellationToken);
        await using var pos = await postgres.CreateDatabaseAsync(cancellationToken);
        await using var webhooks = await postgres.CreateDatabaseAsync(cancellationToken);
        await using var server = await ServerProcess.StartAsync(ledger.ConnectionString, "127.0.0.1:1", cancellationToken: cancellationToken);
        using var authority = await server.ChannelAsync();
        var posPort = Ports.Free();
        var squareWebhook = new SquareWebhook(new Uri(Services.Loopback(posPort), SquareWebhook.Path), "bench-signature-key");
        await using var simulators = await SimulatorStand.StartAsync(await TestWorkspace.FolderAsync(), squareWebhook);
        var run = new ChannelsRun(settings, report, authority, server.Grpc, settle);
        foreach (var channel in (LevelChannel[])
        [
            LevelChannel.Square(simulators, pos, posPort, squareWebhook), LevelChannel.Shopify(simulators), LevelChannel.Amazon(simulators), LevelChannel.Webhook(simulators, webhooks),
        ])
        {
            if (settings.Wants(Drained(channel.Name)) || settings.Wants(Visible(channel.Name)))
            {
                await run.MeasureAsync(channel, simulators, cancellationToken);
            }
        }
    }

    private static string Drained(string name) => $"channels_{name}_drained";

    private static string Visible(string name) => $"channels_{name}_visible";

    private async Task MeasureAsync(LevelChannel channel, SimulatorStand simulators, CancellationToken cancellationToken)
    {
        await Opening.RunAsync(_authority, channel.Tenant, LevelChannel.Location, Enumerable.Range(0, channel.Skus).Select(number => Opening.Sku(number)), OpeningQuantity);
        var shown = new ShownLevels(channel.SkuOf);
        simulators.Shown += shown.Note;
        try
        {
            await DrainAsync(channel, shown, cancellationToken);
            if (_settings.Wants(Visible(channel.Name)))
            {
                await TimeChangesAsync(channel, shown, cancellationToken);
            }
        }
        catch (TimeoutException)
        {
            _report.Problems.Add(string.Create(CultureInfo.InvariantCulture, $"{channel.Name}: not all levels were shown within {Bound.TotalMinutes} minutes."));
        }
        finally
        {
            simulators.Shown -= shown.Note;
        }
    }

    /// <summary>The second half of the backlog: in the first one the process still starts.</summary>
    private async Task DrainAsync(LevelChannel channel, ShownLevels shown, CancellationToken cancellationToken)
    {
        await _settings.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"measuring {Drained(channel.Name)}: {channel.Skus:#,0} levels"));
        await _settle();
        await using var connector = await ConnectorProcess.StartAsync((await channel.Program(_address)).With(Unlimited), cancellationToken);
        var half = channel.Skus / 2;
        await shown.ShowsAsync(half).WaitAsync(Bound, TimeProvider.System, cancellationToken);
        var start = TimeProvider.System.GetTimestamp();
        await shown.ShowsAsync(channel.Skus).WaitAsync(Bound, TimeProvider.System, cancellationToken);
        _report.Figure(Drained(channel.Name) + "_per_second", (channel.Skus - half) / TimeProvider.System.GetElapsedTime(start).TotalSeconds);
        await VerifyAsync(channel, cancellationToken);
    }

    private async Task TimeChangesAsync(LevelChannel channel, ShownLevels shown, CancellationToken cancellationToken)
    {
        await _settings.Progress.WriteLineAsync($"measuring {Visible(channel.Name)}");
        await _settle();
        await using var connector = await ConnectorProcess.StartAsync(await channel.Program(_address), cancellationToken);
        var inventory = new InventoryService.InventoryServiceClient(_authority);
        var quantities = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        _report.Loop(Visible(channel.Name), await OpenLoop.RunAsync(_settings, channel.ChangesPerSecond, ChangeAsync, TimeProvider.System));
        _report.Figure(Visible(channel.Name) + "_mib", connector.Mebibytes);
        await VerifyAsync(channel, cancellationToken);

        async Task<bool> ChangeAsync(long number)
        {
            var sku = Opening.Sku(number % channel.Skus);
            var visible = shown.ShowsAsync(sku, quantities.AddOrUpdate(sku, OpeningQuantity + 1, static (_, quantity) => quantity + 1));
            await inventory.AdjustAsync(
                new AdjustRequest
                {
                    TenantId = channel.Tenant,
                    IdempotencyKey = string.Create(CultureInfo.InvariantCulture, $"change-{number}"),
                    DocumentRef = "change",
                    Reason = AdjustmentReason.Receipt,
                    Lines = { new StockLine { Sku = sku, LocationId = LevelChannel.Location, Quantity = 1 } },
                },
                cancellationToken: cancellationToken);
            await visible.WaitAsync(LongestDelay, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return visible.IsCompletedSuccessfully;
        }
    }

    /// <summary>What the channel shows is what the authority has, of every SKU.</summary>
    private async Task VerifyAsync(LevelChannel channel, CancellationToken cancellationToken)
    {
        var shown = channel.Read();
        var levels = new ChannelService.ChannelServiceClient(_authority);
        var request = new ListLevelsRequest { TenantId = channel.Tenant, PageSize = 1000 };
        var (compared, differing) = (0, new List<string>());
        do
        {
            var page = await levels.ListLevelsAsync(request, cancellationToken: cancellationToken);
            compared += page.Levels.Count;
            differing.AddRange(page.Levels.Where(level => shown.GetValueOrDefault(level.Sku, -1) != level.Available).Select(level => level.Sku));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        if (differing.Count > 0 || compared != channel.Skus)
        {
            _report.Problems.Add(string.Create(
                CultureInfo.InvariantCulture, $"{channel.Name}: {differing.Count} of {compared} levels are shown otherwise than the authority has them, the first {differing.FirstOrDefault()}."));
        }
    }
}
