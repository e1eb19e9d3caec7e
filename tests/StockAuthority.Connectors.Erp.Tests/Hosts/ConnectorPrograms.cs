using StockAuthority.DevHost.Processes;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Erp.Tests.Hosts;

/// <summary>Connectors as processes.</summary>
internal static class ConnectorPrograms
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private static readonly Dictionary<string, string> Quick = new(StringComparer.Ordinal)
    {
        ["Connector__PollInterval"] = "00:00:00.05",
        ["Connector__RetryDelay"] = "00:00:00.02",
        ["Connector__MaxRetryDelay"] = "00:00:00.5",

        // How late one that was killed is taken over from.
        ["Connector__AttemptTimeout"] = "00:00:05",
        ["Connector__LeaseTime"] = "00:00:10",
    };

    /// <summary>One that waits for little, with settings which win.</summary>
    public static ChildProgram WithQuick(this ChildProgram program, IReadOnlyDictionary<string, string> settings) => program.With(Quick).With(settings);

    public static async Task RunAsync(ChildProgram program, Func<Task> until)
    {
        var child = await TestWorkspace.StartAsync(program);
        try
        {
            await until();
        }
        finally
        {
            await TestWorkspace.StopAsync(child, Grace);
        }
    }
}
