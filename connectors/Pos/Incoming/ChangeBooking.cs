using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Client;
using StockAuthority.Connectors.Pos.Square;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Inventory.V1;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>
/// Books what is stored, in the order in which it happened: each change under keys made from its id, until the authority has said yes or no. A no becomes a
/// case before it is put away, and is tried again later.
/// </summary>
internal sealed partial class ChangeBooking(
    ChangeStore store,
    SquareCatalogue catalogue,
    StockAuthorityClient authority,
    ChangeFeedService.ChangeFeedServiceClient feed,
    RefusedChanges refused,
    IncomingSignals signals,
    IncomingMigration migration,
    IncomingOptions options,
    ConnectorOptions connector,
    IncomingMetrics metrics,
    TimeProvider clock,
    ILogger<ChangeBooking> logger) : BackgroundService
{
    private const int ChangesPerClaim = 100;
    private const int MovementsPerCount = 1000;
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(5);

    private readonly HashSet<StockKey> _openLevels = [];

    /// <summary>What became of one change.</summary>
    private abstract record Result
    {
        public sealed record Done : Result;

        public sealed record No(string Reason, string Detail, string Request, int DoneCount) : Result;

        /// <summary>Not known, or not now; the rest of the batch waits too, because the order matters to counts.</summary>
        public sealed record Later(string Reason) : Result;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migration.Done.WaitAsync(stoppingToken);
        for (var failures = 0; ;)
        {
            try
            {
                var claimed = await store.ClaimAsync(ChangesPerClaim, stoppingToken);
                if (await BookAsync(claimed, failures, stoppingToken) is { } later)
                {
                    failures++;
                    LogLater(connector.Consumer, connector.TenantId, later);
                }
                else
                {
                    failures = 0;
                    if (claimed.Count == ChangesPerClaim)
                    {
                        continue;
                    }
                }
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                failures++;
                LogFailed(failure, connector.Consumer, connector.TenantId);
            }

            var look = failures > 0 ? Backoff.After(failures, connector.RetryDelay, connector.MaxRetryDelay)
                : options.RefusedInterval < LongestLook ? options.RefusedInterval : LongestLook;
            await signals.Changes.WaitAsync(look, stoppingToken);
        }
    }

    /// <returns>Why it ended before its end; null where it did not.</returns>
    private async Task<string?> BookAsync(IReadOnlyList<StoredChange> claimed, int failures, CancellationToken cancellationToken)
    {
        for (var index = 0; index < claimed.Count; index++)
        {
            var stored = claimed[index];
            var result = await SettleAsync(stored, cancellationToken);
            if (result is Result.Later later)
            {
                var delay = Backoff.After(failures + 1, connector.RetryDelay, connector.MaxRetryDelay);
                foreach (var waiting in claimed.Skip(index))
                {
                    await store.DeferAsync(waiting.Change, delay, later.Reason, cancellationToken);
                }

                return later.Reason;
            }
        }

        return null;
    }

    private async Task<Result> SettleAsync(StoredChange stored, CancellationToken cancellationToken)
    {
        try
        {
            var result = await TryAsync(stored, cancellationToken);
            if (result is Result.No no)
            {
                await refused.ReportAsync(stored, no.Reason, no.Detail, no.Request, cancellationToken);
                await FinishAsync(stored, "refused", no.Reason, no.DoneCount, cancellationToken);
            }

            return result;
        }
        catch (Exception failure) when (failure is RpcException or HttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            return new Result.Later(failure is RpcException error ? error.StatusCode.ToString() : "CATALOGUE_NOT_READ");
        }
    }

    private async Task<Result> TryAsync(StoredChange stored, CancellationToken cancellationToken)
    {
        var change = stored.Change;
        if (change.Type.Length == 0)
        {
            return new Result.No("UNREADABLE", "It has not the published shape of a physical count or an adjustment.", "", 0);
        }

        var names = await catalogue.NamesAsync(change.CatalogObjectId, change.LocationId, cancellationToken);
        if (names.Sku is null)
        {
            return new Result.No("UNKNOWN_SKU", $"Nothing here is Square's catalog object {change.CatalogObjectId}.", "", stored.DoneCount);
        }

        if (names.LocationId is null)
        {
            return new Result.No("UNKNOWN_LOCATION", $"Nothing here is Square's location {change.LocationId}.", "", stored.DoneCount);
        }

        var key = new StockKey(names.Sku, names.LocationId);
        var booking = stored.IsCounted && change.Type == "ADJUSTMENT"
            ? new Booking.Nothing("COUNTED_LATER")
            : Booking.Of(change, key, stored.RetryCount);
        switch (booking)
        {
            case Booking.Nothing nothing:
                await MendAsync(stored, cancellationToken);
                await FinishAsync(stored, "nothing", nothing.Reason, 0, cancellationToken);
                return new Result.Done();
            case Booking.Refused no:
                return new Result.No(no.Reason, no.Detail, "", stored.DoneCount);
            case Booking.Commands commands:
                if (names.IsPresumed && await IsClosedAsync(key, cancellationToken) is { } closed)
                {
                    return closed;
                }

                return await SendAsync(stored, commands.InOrder, cancellationToken);
            case Booking.Count count:
                return await CountAsync(stored, count, cancellationToken);
            default:
                throw new InvalidOperationException($"No case for {booking}.");
        }
    }

    /// <summary>
    /// A name that is only presumed to be a SKU is one where the authority has its level: a sale would otherwise open a level of whatever Square calls it.
    /// </summary>
    private async Task<Result?> IsClosedAsync(StockKey key, CancellationToken cancellationToken)
    {
        if (_openLevels.Contains(key))
        {
            return null;
        }

        switch (await authority.GetAvailabilityAsync([Named(key)], cancellationToken: cancellationToken))
        {
            case AvailabilityOutcome.Found found when found.Availabilities[0].Level.Version > 0:
                _openLevels.Add(key);
                return null;
            case AvailabilityOutcome.Found:
                return new Result.No("UNKNOWN_SKU", $"There is no mapping for Square's catalog object, and no level of {key.Sku} at {key.LocationId}.", "", 0);
            case AvailabilityOutcome.Refused no:
                return new Result.No(ReasonOf(no.Why), no.Why.Message, "", 0);
            default:
                return new Result.Later("AUTHORITY_UNAVAILABLE");
        }
    }

    private async Task<Result> SendAsync(StoredChange stored, IReadOnlyList<ExecuteCommand> commands, CancellationToken cancellationToken)
    {
        for (var step = stored.DoneCount; step < commands.Count; step++)
        {
            switch (await SendAsync(commands[step], cancellationToken))
            {
                case CommandOutcome.Done:
                    break;

                // The key is made from Square's id: what was sent under it before is this change, by another mapping then.
                case CommandOutcome.Refused { Why.Reason: "IDEMPOTENCY_KEY_REUSED" }:
                    break;
                case CommandOutcome.Refused no when IsFinal(no.Why):
                    return new Result.No(ReasonOf(no.Why), no.Why.Message, JsonFormatter.Default.Format(commands[step]), step);
                case CommandOutcome.Refused no:
                    return new Result.Later(ReasonOf(no.Why));
                default:
                    return new Result.Later("AUTHORITY_UNAVAILABLE");
            }
        }

        await BookedAsync(stored, cancellationToken);
        return new Result.Done();
    }

    private async Task<Result> CountAsync(StoredChange stored, Booking.Count count, CancellationToken cancellationToken)
    {
        var found = await authority.GetAvailabilityAsync([Named(count.Key)], ReadConsistency.Strong, cancellationToken);
        if (found is not AvailabilityOutcome.Found { Availabilities: [var availability] })
        {
            return found is AvailabilityOutcome.Refused no ? new Result.No(ReasonOf(no.Why), no.Why.Message, "", 0) : new Result.Later("AUTHORITY_UNAVAILABLE");
        }

        var level = availability.Level;
        if (level.Version == 0)
        {
            return new Result.No("UNKNOWN_SKU", $"There is no level of {count.Key.Sku} at {count.Key.LocationId} that could be counted.", "", 0);
        }

        if (CountMath.MovedSince(stored.Change.OccurredAt, count.Key, await MovementsAsync(level.Sequence, stored.Change.OccurredAt, cancellationToken)) is not { } moved)
        {
            return new Result.No("COUNT_TOO_OLD", "Too much has moved since; have it counted again.", "", 0);
        }

        var command = new ExecuteCommand
        {
            SetLevels = new SetLevelsRequest
            {
                IdempotencyKey = Booking.KeyOf(stored.Change, FormattableString.Invariant($":v{level.Version}"), stored.RetryCount),
                DocumentRef = $"square/{stored.Change.Id}",
                Lines = { new CountedLine { Sku = count.Key.Sku, LocationId = count.Key.LocationId, CountedOnHand = count.Units + moved, ExpectedVersion = level.Version } },
                OccurTime = Timestamp.FromDateTimeOffset(stored.Change.OccurredAt),
            },
        };
        switch (await SendAsync(command, cancellationToken))
        {
            case CommandOutcome.Done:
                await BookedAsync(stored, cancellationToken);
                return new Result.Done();

            // It moved between the two: read again, under another key.
            case CommandOutcome.Refused { Why.Reason: "VERSION_MISMATCH" }:
                return new Result.Later("VERSION_MISMATCH");
            case CommandOutcome.Refused no when IsFinal(no.Why):
                return new Result.No(ReasonOf(no.Why), no.Why.Message, JsonFormatter.Default.Format(command), 0);
            case CommandOutcome.Refused no:
                return new Result.Later(ReasonOf(no.Why));
            default:
                return new Result.Later("AUTHORITY_UNAVAILABLE");
        }
    }

    /// <summary>The journal up to a sequence, from before a moment on; null where that is further back than what is looked at.</summary>
    private async Task<IReadOnlyList<Movement>?> MovementsAsync(long sequence, DateTimeOffset from, CancellationToken cancellationToken)
    {
        var after = Math.Max(0, sequence - MovementsPerCount);
        var page = await feed.ReadChangesAsync(
            new ReadChangesRequest { TenantId = connector.TenantId, AfterSequence = after, PageSize = MovementsPerCount },
            deadline: clock.CallDeadline(), cancellationToken: cancellationToken);
        return after == 0 || (page.Movements.Count > 0 && page.Movements[0].RecordTime.ToDateTimeOffset() <= from) ? page.Movements : null;
    }

    private async Task<CommandOutcome> SendAsync(ExecuteCommand command, CancellationToken cancellationToken)
    {
        await foreach (var outcome in authority.ExecuteAsync(One(command), cancellationToken: cancellationToken))
        {
            return outcome;
        }

        throw new InvalidOperationException("A command has no outcome.");
    }

    private static async IAsyncEnumerable<ExecuteCommand> One(ExecuteCommand command)
    {
        await Task.CompletedTask;
        yield return command;
    }

    private async Task BookedAsync(StoredChange stored, CancellationToken cancellationToken)
    {
        await MendAsync(stored, cancellationToken);
        await FinishAsync(stored, "booked", "BOOKED", 0, cancellationToken);
    }

    private async Task MendAsync(StoredChange stored, CancellationToken cancellationToken)
    {
        if (stored.RetryCount > 0 && !await store.OthersAreRefusedAsync(stored.Change, cancellationToken))
        {
            await refused.MendedAsync(stored.Change, cancellationToken);
        }
    }

    private async Task FinishAsync(StoredChange stored, string status, string reason, int doneCount, CancellationToken cancellationToken)
    {
        await store.FinishAsync(stored.Change, status, reason, clock.GetUtcNow() + options.RefusedInterval, doneCount, cancellationToken);
        metrics.Changes(status, 1);
    }

    private static AvailabilityKey Named(StockKey key) => new() { Sku = key.Sku, LocationId = key.LocationId };

    private static string ReasonOf(StockAuthority.Client.Refusal refusal) => refusal.Reason.Length > 0 ? refusal.Reason : refusal.Code.ToString();

    // A right that is missing is for operators, and would park everything.
    private static bool IsFinal(StockAuthority.Client.Refusal refusal) =>
        refusal.Code is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.NotFound or StatusCode.OutOfRange or StatusCode.AlreadyExists;

    [LoggerMessage(LogLevel.Warning, "Changes of channel {Channel} of tenant {TenantId} could not be booked now ({Reason}); trying again")]
    private partial void LogLater(string channel, string tenantId, string reason);

    [LoggerMessage(LogLevel.Error, "Booking changes of channel {Channel} of tenant {TenantId} failed; trying again")]
    private partial void LogFailed(Exception failure, string channel, string tenantId);
}
