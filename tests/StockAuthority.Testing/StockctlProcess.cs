using System.Diagnostics;

namespace StockAuthority.Testing;

/// <summary>The built <c>stockctl</c>, run as people do, with nothing of this process's own settings.</summary>
public static class StockctlProcess
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(3);

    /// <summary>To its end.</summary>
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => FinishAsync(Start(arguments));

    /// <summary>To be ended in the middle, or waited for by <see cref="FinishAsync"/>.</summary>
    public static Process Start(params string[] arguments)
    {
        var program = TestWorkspace.Checkout.Program("src/StockAuthority.Cli", "stockctl");
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["STOCKCTL_POSTGRES"] = null, ["STOCKCTL_SERVER"] = null, ["STOCKCTL_TENANT"] = null, ["STOCKCTL_TOKEN"] = null },
        })!;
    }

    /// <summary>What it printed and how it ended.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> FinishAsync(Process started)
    {
        using var process = started;
        using var limit = new CancellationTokenSource(Bound);
        try
        {
            var output = started.StandardOutput.ReadToEndAsync(limit.Token);
            var error = started.StandardError.ReadToEndAsync(limit.Token);
            await started.WaitForExitAsync(limit.Token);
            return (started.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
