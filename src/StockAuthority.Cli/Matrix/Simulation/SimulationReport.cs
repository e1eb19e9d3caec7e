using StockAuthority.Core.Payments;

namespace StockAuthority.Cli.Matrix.Simulation;

/// <summary>What another matrix would have made of the stored history.</summary>
internal sealed class SimulationReport(int examples)
{
    private readonly Dictionary<(string From, string To), long> _differences = [];
    private readonly List<DifferingEvent> _examples = [];

    public long Events { get; set; }

    public long Orders { get; set; }

    /// <summary>Orders whose every recorded resolution came out again under the present matrix, so that they can be compared.</summary>
    public long Compared { get; private set; }

    public long DifferingOrders { get; private set; }

    public long DecidedUnderOtherVersion { get; private set; }

    /// <summary>One of the versions under which those were decided.</summary>
    public string? OtherVersion { get; private set; }

    public long NotReproduced { get; private set; }

    public long TooLarge { get; private set; }

    public TimeSpan Duration { get; set; }

    public bool IsSame => DifferingOrders == 0;

    /// <summary>The most frequent first.</summary>
    public IReadOnlyList<DifferenceCount> Differences =>
        [.. _differences.OrderByDescending(each => each.Value).ThenBy(each => each.Key, Comparer<(string, string)>.Default).Select(each => new DifferenceCount(each.Key.From, each.Key.To, each.Value))];

    public IReadOnlyList<DifferingEvent> Examples => _examples;

    public void Compare(StoredOrder order, TriggerMatrices current, TriggerMatrices candidate)
    {
        Orders++;
        if (order.IsTooLarge)
        {
            TooLarge++;
            return;
        }

        if (order.Events.FirstOrDefault(each => each.MatrixVersion != current.Sha256) is { } other)
        {
            DecidedUnderOtherVersion++;
            OtherVersion ??= other.MatrixVersion;
            return;
        }

        foreach (var assumption in ReplayAssumption.All)
        {
            var recorded = OrderReplay.Run(order, current, assumption);
            if (order.Events.All(each => recorded.GetValueOrDefault(each.Event.Id) == (each.Kind, each.Reason)))
            {
                Compared++;
                Count(order, OrderReplay.Run(order, candidate, assumption));
                return;
            }
        }

        NotReproduced++;
    }

    private void Count(StoredOrder order, IReadOnlyDictionary<PaymentEventId, (ResolutionKind Kind, string Reason)> replayed)
    {
        var differs = false;
        foreach (var each in order.Events)
        {
            var to = replayed[each.Event.Id];
            if (to == (each.Kind, each.Reason))
            {
                continue;
            }

            differs = true;
            var (before, after) = (Name(each.Kind, each.Reason), Name(to.Kind, to.Reason));
            _differences[(before, after)] = _differences.GetValueOrDefault((before, after)) + 1;
            if (_examples.Count < examples)
            {
                _examples.Add(new DifferingEvent(order.TenantId, order.OrderRef, each.Event.Id.Provider, each.Event.Id.EventId, each.Event.Type, each.ReceivedAt, before, after));
            }
        }

        DifferingOrders += differs ? 1 : 0;
    }

    private static string Name(ResolutionKind kind, string reason) => kind switch
    {
        ResolutionKind.Action => $"ACTION {reason}",
        ResolutionKind.NoOp => $"NO_OP {reason}",
        _ => $"HELD {reason}",
    };
}

/// <param name="From">The recorded resolution, for example <c>ACTION COMMITTED</c>.</param>
/// <param name="To">What it would have been.</param>
internal sealed record DifferenceCount(string From, string To, long Count);

internal sealed record DifferingEvent(
    string TenantId, string? OrderRef, string Provider, string ProviderEventId, PaymentEventType EventType, DateTimeOffset ReceivedAt, string From, string To);
