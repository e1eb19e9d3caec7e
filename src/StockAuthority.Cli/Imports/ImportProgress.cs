using Spectre.Console;

namespace StockAuthority.Cli.Imports;

/// <summary>A bar on standard error, where a person looks at it.</summary>
internal static class ImportProgress
{
    public static Task ShowAsync(Func<Action<double>, Task> import)
    {
        if (Terminal.ForProgress() is not { } console)
        {
            return import(static _ => { });
        }

        ProgressColumn[] columns = [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()];
        return console.Progress().AutoClear(true).Columns(columns).StartAsync(context =>
        {
            var bar = context.AddTask("importing", maxValue: 1);
            return import(share => bar.Value = share);
        });
    }
}
