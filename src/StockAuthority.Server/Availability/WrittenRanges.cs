namespace StockAuthority.Server.Availability;

/// <summary>
/// Of each tenant's journal, the stretch whose levels this process has in the cache already: the tail passes over it without
/// reading it. Only what was offered and then written without a gap counts; whatever else happened, the tail reads.
/// </summary>
internal sealed class WrittenRanges
{
    /// <summary>More than a process serves at a time. Beyond it everything is forgotten, and read by the tail once.</summary>
    private const int MaximumTenants = 20_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, JournalStretch> _written = new(StringComparer.Ordinal);
    private Dictionary<string, JournalStretch> _offered = new(StringComparer.Ordinal);

    /// <summary>All levels that these movements touched have been offered to the cache's writer.</summary>
    public void Offered(string tenantId, JournalStretch stretch)
    {
        lock (_gate)
        {
            Extend(_offered, tenantId, stretch);
        }
    }

    /// <summary>What was offered so far; taken before the levels themselves are, so that it covers no level that comes later.</summary>
    public IReadOnlyDictionary<string, JournalStretch> Take()
    {
        lock (_gate)
        {
            var taken = _offered;
            _offered = new Dictionary<string, JournalStretch>(StringComparer.Ordinal);
            return taken;
        }
    }

    /// <summary>What <see cref="Take"/> returned is in the cache.</summary>
    public void Written(IReadOnlyDictionary<string, JournalStretch> taken)
    {
        lock (_gate)
        {
            foreach (var (tenantId, stretch) in taken)
            {
                Extend(_written, tenantId, stretch);
            }
        }
    }

    /// <summary>How far the tail may go from a sequence without reading; the sequence itself where it has to read.</summary>
    public long From(string tenantId, long after)
    {
        lock (_gate)
        {
            return _written.TryGetValue(tenantId, out var written) && written.After <= after ? Math.Max(after, written.UpTo) : after;
        }
    }

    private static void Extend(Dictionary<string, JournalStretch> stretches, string tenantId, JournalStretch next)
    {
        if (stretches.TryGetValue(tenantId, out var known) && known.UpTo == next.After)
        {
            next = known with { UpTo = next.UpTo };
        }
        else if (stretches.Count >= MaximumTenants)
        {
            stretches.Clear();
        }

        stretches[tenantId] = next;
    }
}

/// <summary>The movements after one sequence, up to and including another.</summary>
internal readonly record struct JournalStretch(long After, long UpTo);
