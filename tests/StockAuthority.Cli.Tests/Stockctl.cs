using System.Diagnostics;
using System.Text.Json;
using StockAuthority.Testing;

namespace StockAuthority.Cli.Tests;

/// <summary>Runs the built <c>stockctl</c>.</summary>
internal static class Stockctl
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(3);

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

    public static async Task<(int ExitCode, string Output, string Error)> FinishAsync(Process started)
    {
        using var process = started;
        using var limit = new CancellationTokenSource(Bound);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    public static Task<(int ExitCode, JsonElement Result)> VerifyAsync(Shop shop, string tenant, params string[] more) =>
        VerifyAsync(shop.Database.ConnectionString, ["--tenant", tenant, .. more]);

    public static async Task<(int ExitCode, JsonElement Result)> VerifyAsync(string postgres, params string[] more)
    {
        var (exitCode, output, error) = await RunAsync(["verify", "--postgres", postgres, "--json", .. more]);
        if (error.Length > 0)
        {
            throw new InvalidOperationException(error);
        }

        using var json = JsonDocument.Parse(output);
        return (exitCode, json.RootElement.Clone());
    }
}
