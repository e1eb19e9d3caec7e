using System.Globalization;
using Microsoft.Extensions.Logging;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Forwarding;

/// <summary>One call to the channel: its time limit, what is counted, what becomes a case, and how long to wait after a failure.</summary>
internal sealed partial class Forwarder(
    IFeedChannel channel,
    ChannelCases cases,
    ChannelHealthMeter meter,
    ConnectorOptions options,
    ConnectorMetrics metrics,
    ForwardingMetrics forwarding,
    TimeProvider clock,
    ILogger<Forwarder> logger)
{
    private const string HeldReference = "feed";
    private int _failures;

    /// <summary>What holds the feed. Empty at the start: an earlier process may have opened a case that this one has to close.</summary>
    private string? _held = "";

    /// <summary>How many of the movements, from the first on, are settled. Returns after the pause that a failure asks for.</summary>
    public async Task<int> ForwardAsync(IReadOnlyList<Movement> movements, CancellationToken stopping)
    {
        var result = await AttemptAsync(movements, stopping);
        Count(movements, result);
        if (result.Trouble is not { } trouble)
        {
            _failures = 0;
            GoOn();
            return result.Settled;
        }

        _failures = result.Settled > 0 ? 1 : _failures + 1;
        forwarding.Failed(trouble.Code);
        Hold(trouble);
        var pause = Backoff.After(_failures, options.RetryDelay, options.MaxRetryDelay);
        LogFailed(channel.Name, movements.Count - result.Settled, movements[result.Settled].Sequence, trouble.Code, trouble.Detail, pause);
        if (result.Settled == 0)
        {
            await Task.Delay(pause, clock, stopping);
        }

        return result.Settled;
    }

    /// <summary>Movements that nobody can read any more: the platform will never have them.</summary>
    public void Detached(long after, long upTo)
    {
        LogDetached(channel.Name, options.TenantId, after, upTo);
        cases.NotForwarded(
            default, string.Create(CultureInfo.InvariantCulture, $"movements/{after + 1}-{upTo}"), "SEQUENCE_DETACHED", "", "",
            string.Create(CultureInfo.InvariantCulture, $"{channel.Name} does not have the movements {after + 1} to {upTo}: they were detached from the journal before they were read."), after + 1);
    }

    private async Task<ForwardResult> AttemptAsync(IReadOnlyList<Movement> movements, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(options.AttemptTimeout, clock);
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        try
        {
            return await channel.ForwardAsync(movements, attempt.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            return Failed("TIMEOUT", string.Create(CultureInfo.InvariantCulture, $"no answer within {options.AttemptTimeout.TotalSeconds} s"));
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            return Failed("UNREACHABLE", $"{exception.GetType().Name}: {exception.Message}");
        }

        static ForwardResult Failed(string code, string detail) => new(0, new Dictionary<int, Refusal>(), new ForwardTrouble(code, detail));
    }

    private void Count(IReadOnlyList<Movement> movements, ForwardResult result)
    {
        metrics.Pushed(result.Trouble is not null);
        meter.Count(health =>
        {
            health.PushCount++;
            health.ErrorCount += result.Trouble is null ? 0 : 1;
            health.RetryCount += _failures > 0 ? 1 : 0;
            health.RefusedCount += result.Refused.Count;
        });
        var now = clock.GetUtcNow();
        for (var position = 0; position < result.Settled; position++)
        {
            if (result.Refused.TryGetValue(position, out var refusal))
            {
                Park(movements[position], refusal);
                continue;
            }

            var delay = now - movements[position].RecordTime.ToDateTimeOffset();
            meter.Visible(delay);
            metrics.Visible(delay);
        }

        forwarding.Forwarded(result.Settled - result.Refused.Count);
    }

    private void Park(Movement movement, Refusal refusal)
    {
        forwarding.Refused(refusal.Code);
        LogParked(channel.Name, movement.Sequence, options.TenantId, refusal.Code, refusal.Detail);
        cases.NotForwarded(
            new StockKey(movement.Sku, movement.LocationId),
            string.Create(CultureInfo.InvariantCulture, $"movement/{movement.Sequence}"),
            refusal.Code,
            movement.ToString(),
            refusal.Detail ?? "",
            string.Create(CultureInfo.InvariantCulture, $"{channel.Name} can never take movement {movement.Sequence}: {refusal.Code}."),
            movement.Sequence);
    }

    private void Hold(ForwardTrouble trouble)
    {
        if (trouble.NeedsPeople && _held != trouble.Code)
        {
            _held = trouble.Code;
            forwarding.Hold(trouble.Code);
            cases.NotForwarded(default, HeldReference, trouble.Code, "", trouble.Detail, $"{channel.Name} takes nothing until somebody mends it: {trouble.Code}.", long.MaxValue);
        }
    }

    private void GoOn()
    {
        if (_held is not null)
        {
            _held = null;
            forwarding.Hold(null);
            cases.Mended(ExceptionKind.DeliveryFailed, default, "The feed goes on.", HeldReference);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} did not take {Count} movements from sequence {Sequence} on ({Code}: {Detail}); again after {Pause}")]
    private partial void LogFailed(string channel, int count, long sequence, string code, string detail, TimeSpan pause);

    [LoggerMessage(LogLevel.Error, "Channel {Channel} can never take movement {Sequence} of tenant {TenantId}: {Code} {Detail}")]
    private partial void LogParked(string channel, long sequence, string tenantId, string code, string? detail);

    [LoggerMessage(LogLevel.Error, "Channel {Channel} of tenant {TenantId} was at sequence {Sequence}, and the journal up to {DetachedUpTo} is detached: what is between is not forwarded")]
    private partial void LogDetached(string channel, string tenantId, long sequence, long detachedUpTo);
}
