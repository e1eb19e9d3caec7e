using StockAuthority.Core.Exceptions;

namespace StockAuthority.Server.Exceptions;

/// <summary>Deadlines of cases; section <c>Exceptions</c> of the configuration.</summary>
internal sealed class ExceptionOptions
{
    public static readonly TimeSpan ShortestDeadline = TimeSpan.FromMinutes(1);

    public static readonly TimeSpan LongestDeadline = TimeSpan.FromDays(90);

    private static readonly TimeSpan Standard = TimeSpan.FromDays(1);

    /// <summary>Where the customer waits, or promises are broken meanwhile.</summary>
    private static readonly Dictionary<ExceptionKind, TimeSpan> Sooner = new()
    {
        [ExceptionKind.PaidNotAvailable] = TimeSpan.FromHours(4),
        [ExceptionKind.AuthorizedNotAvailable] = TimeSpan.FromHours(4),
        [ExceptionKind.Shortfall] = TimeSpan.FromHours(4),
        [ExceptionKind.UnreadableEvent] = TimeSpan.FromHours(4),
        [ExceptionKind.LevelRefused] = TimeSpan.FromHours(4),
        [ExceptionKind.Drift] = TimeSpan.FromHours(4),
        [ExceptionKind.ChannelChangeRefused] = TimeSpan.FromHours(4),
        [ExceptionKind.UnknownLocation] = TimeSpan.FromHours(8),
        [ExceptionKind.PaidAfterRelease] = TimeSpan.FromHours(8),
        [ExceptionKind.CaptureReversed] = TimeSpan.FromHours(8),
        [ExceptionKind.StaleReversal] = TimeSpan.FromHours(8),
        [ExceptionKind.RolloutCheckpointFailed] = TimeSpan.FromHours(8),
    };

    /// <summary>How long people have for a kind, by its name; for the others it is as docs/exceptions.md says. A provider's own deadline goes before.</summary>
    public Dictionary<ExceptionKind, TimeSpan> Deadlines { get; init; } = [];

    /// <summary>How often is looked whether units have come for orders that lacked them.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan DeadlineOf(ExceptionKind kind) =>
        Deadlines.TryGetValue(kind, out var own) ? own
        : Sooner.TryGetValue(kind, out var sooner) ? sooner
        : kind == ExceptionKind.Chargeback ? 3 * Standard
        : Standard;
}
