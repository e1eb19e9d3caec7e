using Spectre.Console;

namespace StockAuthority.Cli.Matrix.Simulation;

/// <summary>A bar on standard error, where a person looks at it.</summary>
internal static class SimulateProgress
{
    public static Task<SimulationReport> ShowAsync(Func<Action<double>, Task<SimulationReport>> simulate) => Terminal.ForProgress() is { } console
        ? console.Progress().AutoClear(true).StartAsync(context =>
        {
            var events = context.AddTask("payment events", maxValue: 1);
            return simulate(share => events.Value = share);
        })
        : simulate(static _ => { });
}
