namespace StockAuthority.DevHost.Processes;

/// <summary>What to start and how to tell that it is ready.</summary>
/// <param name="Name">What people call it, for example <c>server</c>.</param>
/// <param name="Path">A .NET assembly (ends in <c>.dll</c>) or any other program.</param>
/// <param name="LogFile">Everything that it prints is appended here.</param>
public sealed record ChildProgram(string Name, string Path, string LogFile)
{
    /// <summary>Arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Set on top of this process's own environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Answers 200 once it is ready, or for <c>tcp</c> takes a connection; null where starting is enough.</summary>
    public Uri? Ready { get; init; }

    /// <summary>The same program with more environment, which wins.</summary>
    public ChildProgram With(IEnumerable<KeyValuePair<string, string>> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var all = new Dictionary<string, string>(Environment, StringComparer.Ordinal);
        foreach (var (name, value) in environment)
        {
            all[name] = value;
        }

        return this with { Environment = all };
    }
}
