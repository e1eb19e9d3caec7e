namespace StockAuthority.Cli.Verification;

/// <summary>Keeps the first problem of each kind and counts the rest: a broken ledger may have millions.</summary>
internal sealed class Findings
{
    private readonly SortedDictionary<ProblemKind, ProblemCount> _byKind = [];
    private readonly Lock _lock = new();

    public void Add(Problem problem, long count = 1)
    {
        lock (_lock)
        {
            _byKind[problem.Kind] = _byKind.TryGetValue(problem.Kind, out var known)
                ? known with { Count = known.Count + count }
                : new ProblemCount(problem.Kind, count, problem);
        }
    }

    /// <summary>In the order of the kinds.</summary>
    public IReadOnlyList<ProblemCount> ByKind()
    {
        lock (_lock)
        {
            return [.. _byKind.Values];
        }
    }
}
