using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Cli.Verification;
using StockAuthority.DevHost.Redis;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Testing;

namespace StockAuthority.Bench;

/// <summary>
/// Signed webhooks: how fast they are stored while the authority is away, how fast that backlog is drained when it comes back, how
/// fast all of it is replayed, and how long one takes to its stock decision. With a database, a server and an intake of its own.
/// </summary>
internal sealed class WebhookRun : IAsyncDisposable
{
    private const string Empty = "empty_post";
    private const string Stored = "webhook_stored";
    private const string Drained = "webhook_backlog";
    private const string Replayed = "webhook_replay";
    private const string Decided = "webhook_decided";
    private const string Tenant = "bench";
    private const string Location = "warehouse-1";
    private const int Skus = 1_000;
    private const long Quantity = 1_000_000_000;
    private const double DecidedPerSecond = 1_000;
    private const int ReplayedAtOnce = 10_000;

    /// <summary>So many are prepared; beyond them, the first ones come again.</summary>
    private const double MostStoredPerSecond = 25_000;

    private static readonly string[] Figures = [Empty, Stored, Drained, Replayed, Decided];

    // Counting a backlog takes PostgreSQL as long as finishing hundreds of its rows.
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly BenchSettings _settings;
    private readonly BenchReport _report;
    private readonly TestDatabase _ledger;
    private readonly EmbeddedGarnet _cache;
    private readonly ServerProcess _server;
    private readonly IntakeProcess _intake;
    private readonly NpgsqlDataSource _inbox;
    private readonly HttpClient _http;
    private readonly byte[] _secret;

    private WebhookRun(BenchSettings settings, BenchReport report, TestDatabase ledger, EmbeddedGarnet cache, ServerProcess server, IntakeProcess intake, NpgsqlDataSource inbox)
    {
        (_settings, _report, _ledger, _cache, _server, _intake, _inbox) = (settings, report, ledger, cache, server, intake, inbox);
        _http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = settings.Callers }) { BaseAddress = intake.Address };
        _secret = Encoding.UTF8.GetBytes(intake.StripeSecret);
    }

    public static async Task RunAsync(BenchSettings settings, BenchReport report, TestPostgres postgres, Func<Task> settle, CancellationToken cancellationToken)
    {
        if (!Figures.Any(settings.Wants))
        {
            return;
        }

        await settings.Progress.WriteLineAsync("starting a server and an intake for webhooks");
        var ledger = await postgres.CreateDatabaseAsync(cancellationToken);
        var inbox = await postgres.CreateDatabaseAsync(cancellationToken);
        var cache = EmbeddedGarnet.Start(DevHost.Ports.Free());
        var server = await ServerProcess.StartAsync(ledger.ConnectionString, cache.Endpoint, cancellationToken: cancellationToken);
        var intake = await IntakeProcess.StartAsync(inbox.ConnectionString, server.Grpc, Tenant);
        await using var run = new WebhookRun(settings, report, ledger, cache, server, intake, NpgsqlDataSource.Create(inbox.ConnectionString));
        await run.RunAsync(settle, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _intake.DisposeAsync();
        await _inbox.DisposeAsync();
        await _server.DisposeAsync();
        _cache.Dispose();
    }

    private async Task RunAsync(Func<Task> settle, CancellationToken cancellationToken)
    {
        await OpenAsync();
        await _settings.Progress.WriteLineAsync("warming up intake");
        await ClosedLoop.RunAsync(_settings with { Duration = _settings.FirstWarmUp }, (_, number) => PostAsync($"warm{number}"), TimeProvider.System);
        await EmptyAsync(cancellationToken);
        _report.Figure("intake_mib_warm", ProcessMemory.Mebibytes(_intake.ProcessId));
        await LoopAsync(Empty, settle, async _ =>
        {
            using var response = await _http.PostAsync(new Uri("/health/live", UriKind.Relative), null);
            return response.IsSuccessStatusCode;
        });
        if (_settings.Wants(Stored) || _settings.Wants(Drained) || _settings.Wants(Replayed))
        {
            await MeasureBacklogAsync(settle, cancellationToken);
        }

        if (_settings.Wants(Decided))
        {
            await MeasureDecidedAsync(settle);
        }

        _report.Figure("intake_mib_end", ProcessMemory.Mebibytes(_intake.ProcessId));
        var verified = await LedgerVerification.RunAsync(_ledger.ConnectionString, new VerificationOptions(), static _ => { }, TimeProvider.System, cancellationToken);
        _report.Problems.AddRange(verified.Problems.Select(problem => $"webhooks: {problem.Kind}: {problem.Count}, the first in {problem.First}"));
        _report.Ratio("webhook_to_empty_post", Stored + "_per_second", Empty + "_per_second");
    }

    private async Task LoopAsync(string name, Func<Task> settle, Func<long, Task<bool>> call)
    {
        await _settings.Progress.WriteLineAsync($"measuring {name}");
        await settle();
        _report.Loop(name, await ClosedLoop.RunAsync(_settings, (_, number) => call(number), TimeProvider.System));
    }

    private async Task MeasureBacklogAsync(Func<Task> settle, CancellationToken cancellationToken)
    {
        await _server.StopAsync();
        var signed = Sign(Stored, MostStoredPerSecond);
        await LoopAsync(Stored, settle, number => PostAsync(signed[number % signed.Length]));
        var missing = _settings.Backlog - await PendingAsync(cancellationToken);
        await Parallel.ForAsync(0, Math.Max(0, missing), new ParallelOptions { MaxDegreeOfParallelism = _settings.Callers }, async (number, _) => await PostAsync($"more{number}"));
        var backlog = await PendingAsync(cancellationToken);

        await _settings.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"measuring {Drained}: {backlog:#,0} events"));
        await settle();
        await _server.StartAgainAsync(cancellationToken);
        _report.Figure(Drained + "_per_second", await DrainAsync(cancellationToken));
        if (_settings.Wants(Replayed) && _settings.Replays > 0)
        {
            await ReplayAsync(cancellationToken);
        }
    }

    /// <summary>Every stored event again, under new keys: each one more recorded no-op.</summary>
    private async Task ReplayAsync(CancellationToken cancellationToken)
    {
        await _settings.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"measuring {Replayed}: {_settings.Replays:#,0} events"));
        var queue = new InboxQueue(_inbox, TimeProvider.System);
        var ids = await ReadAsync<Guid[]>("SELECT array_agg(inbox_id) FROM inbox", cancellationToken);
        var (movements, before) = (await HeadAsync(), await ExtraDeliveriesAsync(cancellationToken));
        var rates = new List<double>();
        long replayed = 0;
        while (replayed < _settings.Replays)
        {
            foreach (var chunk in ids.Take((int)Math.Min(ids.Length, _settings.Replays - replayed)).Chunk(ReplayedAtOnce))
            {
                replayed += await queue.ReplayAsync(chunk, cancellationToken);
            }

            rates.Add(await DrainAsync(cancellationToken));
        }

        _report.Figure(Replayed + "_per_second", rates.Average());
        if (await HeadAsync() != movements)
        {
            _report.Problems.Add($"{Replayed}: stock moved.");
        }

        if (await ExtraDeliveriesAsync(cancellationToken) - before is var recorded && recorded != replayed)
        {
            _report.Problems.Add(string.Create(CultureInfo.InvariantCulture, $"{Replayed}: {recorded:#,0} no-ops were recorded for {replayed:#,0} replayed events."));
        }
    }

    /// <summary>Events a second until nothing is pending. From the first that is: the authority has to be found back first.</summary>
    private async Task<double> DrainAsync(CancellationToken cancellationToken)
    {
        var backlog = await PendingAsync(cancellationToken);
        var found = Math.Min(1_000, backlog / 2);
        var left = backlog;
        while ((left = await PendingAsync(cancellationToken)) > backlog - found)
        {
            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
        }

        var (started, first) = (TimeProvider.System.GetTimestamp(), left);
        await EmptyAsync(cancellationToken);
        return first / TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }

    private async Task EmptyAsync(CancellationToken cancellationToken)
    {
        while (await PendingAsync(cancellationToken) > 0)
        {
            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>From the time at which a webhook is due to the movement that it caused, as a subscriber of the feed gets it.</summary>
    private async Task MeasureDecidedAsync(Func<Task> settle)
    {
        await _settings.Progress.WriteLineAsync($"measuring {Decided}");
        await settle();
        var waiting = new ConcurrentDictionary<string, TaskCompletionSource>(StringComparer.Ordinal);
        using var channel = await _server.ChannelAsync();
        using var watching = new ChangeFeedService.ChangeFeedServiceClient(channel).WatchChanges(new WatchChangesRequest { TenantId = Tenant });
        var seen = Task.Run(async () =>
        {
            while (await watching.ResponseStream.MoveNext(CancellationToken.None))
            {
                foreach (var movement in watching.ResponseStream.Current.Movements)
                {
                    if (waiting.TryRemove(movement.OrderRef, out var decided))
                    {
                        decided.SetResult();
                    }
                }
            }
        });
        _report.Loop(Decided, await OpenLoop.RunAsync(
            _settings,
            DecidedPerSecond,
            async number =>
            {
                var unique = $"decided{number}";
                var decided = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting["order-" + unique] = decided;
                if (!await PostAsync(unique))
                {
                    return false;
                }

                await decided.Task;
                return true;
            },
            TimeProvider.System));
        watching.Dispose();
        await seen.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Signed before anything is timed: a provider does not take the processors of the machine that it is measured on.</summary>
    private SignedWebhook[] Sign(string name, double perSecond)
    {
        var webhooks = new SignedWebhook[(int)(perSecond * (_settings.WarmUp + _settings.Duration).TotalSeconds)];
        Parallel.For(0, webhooks.Length, number => webhooks[number] = Sign($"{name}{number}"));
        return webhooks;
    }

    private SignedWebhook Sign(string unique)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var time = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{now}."));
        byte[] signed = [.. time, .. Encoding.UTF8.GetBytes(StripeBody.Captured(unique, $"sku-{Random.Shared.Next(Skus)}", Location, now))];
        return new SignedWebhook(
            new ArraySegment<byte>(signed, time.Length, signed.Length - time.Length),
            string.Create(CultureInfo.InvariantCulture, $"t={now},v1={Convert.ToHexStringLower(HMACSHA256.HashData(_secret, signed))}"));
    }

    private Task<bool> PostAsync(string unique) => PostAsync(Sign(unique));

    /// <summary>True where it was acknowledged.</summary>
    private async Task<bool> PostAsync(SignedWebhook webhook)
    {
        using var content = new ByteArrayContent(webhook.Body.Array!, webhook.Body.Offset, webhook.Body.Count);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/webhooks/stripe/{Tenant}", UriKind.Relative)) { Content = content };
        request.Headers.TryAddWithoutValidation("Stripe-Signature", webhook.Signature);
        using var response = await _http.SendAsync(request);
        return response.IsSuccessStatusCode;
    }

    private async Task OpenAsync()
    {
        using var channel = await _server.ChannelAsync();
        await Opening.RunAsync(channel, Tenant, Location, Enumerable.Range(0, Skus).Select(number => Opening.Sku(number)), Quantity);
    }

    private Task<long> PendingAsync(CancellationToken cancellationToken) => ReadAsync<long>("SELECT count(*) FROM inbox WHERE status = 'pending'", cancellationToken);

    private async Task<long> HeadAsync()
    {
        using var channel = await _server.ChannelAsync();
        return (await new ChangeFeedService.ChangeFeedServiceClient(channel).GetCheckpointAsync(new GetCheckpointRequest { TenantId = Tenant, Consumer = "bench" })).HeadSequence;
    }

    private async Task<long> ExtraDeliveriesAsync(CancellationToken cancellationToken)
    {
        await using var ledger = NpgsqlDataSource.Create(_ledger.ConnectionString);
        await using var command = ledger.CreateCommand("SELECT count(*) FROM payment_event_deliveries");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<T> ReadAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using var command = _inbox.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private sealed record SignedWebhook(ArraySegment<byte> Body, string Signature);
}
