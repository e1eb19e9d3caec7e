using System.Text.Json;
using Npgsql;
using StockAuthority.Connectors.Pos.Square;
using StockAuthority.Connectors.Runtime;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>
/// Reads Square's list of changes into the store: after each webhook, and on a schedule, so that a lost webhook costs time and no sale. The list is sorted by
/// occurrence, so the position moves on only when its last page is stored.
/// </summary>
internal sealed partial class ChangePull(
    SquareReads reads, ChangeStore store, WebhookInbox inbox, IncomingSignals signals, IncomingMigration migration, IncomingOptions options, ConnectorOptions connector,
    IncomingMetrics metrics, TimeProvider clock, ILogger<ChangePull> logger) : BackgroundService
{
    /// <summary>BatchRetrieveInventoryChanges: the largest page.</summary>
    private const int ChangesPerPage = 1000;
    private const int MostPages = 10_000;
    private static readonly string[] Types = ["PHYSICAL_COUNT", "ADJUSTMENT"];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migration.Done.WaitAsync(stoppingToken);
        for (var failures = 0; ;)
        {
            var pause = options.Pause;
            try
            {
                await PullAsync(stoppingToken);
                failures = 0;
            }
            catch (Exception failure) when (failure is HttpRequestException or NpgsqlException or TimeoutException && !stoppingToken.IsCancellationRequested)
            {
                metrics.Failed();
                LogFailed(failure, connector.Consumer, connector.TenantId);
                pause = Backoff.After(++failures, connector.RetryDelay, connector.MaxRetryDelay);
                pause = failure is SquareException { RetryAfter: { } asked } && asked > pause ? asked : pause;
            }

            await Task.Delay(pause, clock, stoppingToken);
            if (failures == 0)
            {
                await signals.Webhooks.WaitAsync(options.PollInterval, stoppingToken);
            }
        }
    }

    private async Task PullAsync(CancellationToken cancellationToken)
    {
        var startedAt = clock.GetUtcNow();
        var (sinceAt, through) = await store.BeginAsync(cancellationToken);
        var from = through - options.Overlap > sinceAt ? through - options.Overlap : sinceAt;
        string? cursor = null;
        for (var page = 0; page == 0 || cursor is { Length: > 0 }; page++)
        {
            if (page == MostPages)
            {
                throw new SquareException("its pages of changes have no end");
            }

            var answer = await reads.PostAsync(
                "v2/inventory/changes/batch-retrieve", new RetrieveChangesRequest(Types, OccurredAt.Text(from), cursor, ChangesPerPage),
                SquareJson.Default.RetrieveChangesRequest, SquareJson.Default.ChangesPage, cancellationToken);
            if (answer.Errors is { Count: > 0 } errors)
            {
                throw new SquareException(errors[0].Code ?? "an error");
            }

            through = Later(through, await StoreAsync(answer.Changes ?? [], sinceAt, cancellationToken));
            cursor = answer.Cursor;
        }

        await store.AdvanceAsync(through, cancellationToken);
        await inbox.HandledAsync(startedAt, clock.GetUtcNow(), cancellationToken);
    }

    /// <returns>When Square received the latest of them.</returns>
    private async Task<DateTimeOffset> StoreAsync(IReadOnlyList<JsonElement> listed, DateTimeOffset sinceAt, CancellationToken cancellationToken)
    {
        var latest = DateTimeOffset.MinValue;
        var foreign = new List<(TillChange Change, byte[] Body)>();
        var echoes = 0;
        foreach (var element in listed)
        {
            var body = System.Text.Encoding.UTF8.GetBytes(element.GetRawText());
            var change = TillChange.Read(body);
            latest = Later(latest, change.CreatedAt);
            if (change.IsEcho)
            {
                // What we wrote ourselves, as the authority had it: nothing happened.
                echoes++;
            }
            else if (change.CreatedAt >= sinceAt || change.Type.Length == 0)
            {
                foreign.Add((change, body));
            }
        }

        var stored = await store.StoreAsync(foreign, cancellationToken);
        metrics.Changes("echo", echoes);
        metrics.Changes("stored", stored);
        if (stored > 0)
        {
            signals.Changes.Set();
        }

        return latest;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    [LoggerMessage(LogLevel.Warning, "The changes of channel {Channel} of tenant {TenantId} could not be read; trying again")]
    private partial void LogFailed(Exception failure, string channel, string tenantId);
}
