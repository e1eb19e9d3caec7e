using Spectre.Console;
using StockAuthority.Cli.Verification;

namespace StockAuthority.Cli.Verify;

/// <summary>A bar for each phase on standard error, where a person looks at it.</summary>
internal static class VerifyProgress
{
    public static Task<VerificationReport> ShowAsync(Func<Action<VerificationProgress>, Task<VerificationReport>> verify)
    {
        if (Terminal.ForProgress() is not { } console)
        {
            return verify(static _ => { });
        }

        return console.Progress().AutoClear(true).StartAsync(context =>
        {
            Dictionary<string, ProgressTask> phases = new(StringComparer.Ordinal);
            return verify(progress =>
            {
                if (!phases.TryGetValue(progress.Phase, out var phase))
                {
                    phases.Add(progress.Phase, phase = context.AddTask(progress.Phase, maxValue: 1));
                }

                phase.Value = progress.Share;
            });
        });
    }
}
