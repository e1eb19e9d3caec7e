namespace StockAuthority.Connectors.Runtime;

/// <summary>
/// Whose levels a connector delivers, and how hard it tries. Section <c>Connector</c>. By default a channel is level 30 seconds after its faults have ended and a
/// killed instance is started again: what waits for the lease (15 seconds), or for the next attempt (10), and then for reading back (5), is less than that together.
/// </summary>
public sealed record ConnectorOptions
{
    /// <summary>The tenant.</summary>
    public required string TenantId { get; init; }

    /// <summary>The name under which the authority keeps the checkpoint.</summary>
    public required string Consumer { get; init; }

    /// <summary>How long one call to the channel may take.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Repetitions of one push before what arrived meanwhile is merged into it.</summary>
    public int RetryAttempts { get; init; } = 3;

    /// <summary>The first pause after a failure; later ones grow up to <see cref="MaxRetryDelay"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest pause after a failure, unless the channel asks for a longer one.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the circuit first stays open.</summary>
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most calls to the channel in a second.</summary>
    public int PushesPerSecond { get; init; } = 10;

    /// <summary>The most levels that wait for the channel; the feed is not read further while they do, but at the start up to where its end is then.</summary>
    public int MaxPendingLevels { get; init; } = 100_000;

    /// <summary>How often the feed is polled while its stream is broken.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a silent stream is trusted before a poll checks it.</summary>
    public TimeSpan StreamIdleLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long the lease of the working instance lasts without a renewal, which is every third of it: how late another one takes over from one that died.
    /// By default three times <see cref="AttemptTimeout"/> where that is longer.
    /// </summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the authority is told how the channel does.</summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The pause between two readings of all that the channel shows.</summary>
    public TimeSpan DriftInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Reads the section; what is missing or unusable is noted in <paramref name="settings"/>.</summary>
    public static ConnectorOptions Read(SettingsReader settings, string defaultConsumer)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var defaults = new ConnectorOptions { TenantId = "", Consumer = defaultConsumer };
        var minute = TimeSpan.FromMinutes(1);
        var attemptTimeout = settings.Duration("Connector:AttemptTimeout", defaults.AttemptTimeout, TimeSpan.FromMilliseconds(50), minute);
        var leaseTime = TimeSpan.FromTicks(Math.Max(defaults.LeaseTime.Ticks, (3 * attemptTimeout).Ticks));
        var options = defaults with
        {
            TenantId = settings.Required("Connector:TenantId"),
            Consumer = settings.Text("Connector:Consumer") ?? defaultConsumer,
            AttemptTimeout = attemptTimeout,
            RetryAttempts = settings.Number("Connector:RetryAttempts", defaults.RetryAttempts, 1, 20),
            RetryDelay = settings.Duration("Connector:RetryDelay", defaults.RetryDelay, TimeSpan.FromMilliseconds(1), minute),
            MaxRetryDelay = settings.Duration("Connector:MaxRetryDelay", defaults.MaxRetryDelay, TimeSpan.FromMilliseconds(500), TimeSpan.FromHours(1)),
            BreakDuration = settings.Duration("Connector:BreakDuration", defaults.BreakDuration, TimeSpan.FromMilliseconds(500), TimeSpan.FromHours(1)),
            PushesPerSecond = settings.Number("Connector:PushesPerSecond", defaults.PushesPerSecond, 1, 10_000),
            MaxPendingLevels = settings.Number("Connector:MaxPendingLevels", defaults.MaxPendingLevels, 1, 1_000_000),
            PollInterval = settings.Duration("Connector:PollInterval", defaults.PollInterval, TimeSpan.FromMilliseconds(10), minute),
            StreamIdleLimit = settings.Duration("Connector:StreamIdleLimit", defaults.StreamIdleLimit, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(10)),
            LeaseTime = settings.Duration("Connector:LeaseTime", leaseTime, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
            ReportInterval = settings.Duration("Connector:ReportInterval", defaults.ReportInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(10)),
            DriftInterval = settings.Duration("Connector:DriftInterval", defaults.DriftInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromDays(1)),
        };
        if (options.LeaseTime < 2 * options.AttemptTimeout)
        {
            // A call is begun only where the lease outlasts it.
            settings.Wrong("Connector:LeaseTime is not at least twice Connector:AttemptTimeout");
        }

        return options;
    }
}
