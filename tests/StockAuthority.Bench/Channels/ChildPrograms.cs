using StockAuthority.DevHost.Processes;

namespace StockAuthority.Bench.Channels;

internal static class ChildPrograms
{
    /// <summary>The same program with more settings, which win.</summary>
    public static ChildProgram With(this ChildProgram program, IReadOnlyDictionary<string, string> settings) => program with
    {
        Environment = program.Environment.Where(each => !settings.ContainsKey(each.Key)).Concat(settings).ToDictionary(each => each.Key, each => each.Value, StringComparer.Ordinal),
    };
}
