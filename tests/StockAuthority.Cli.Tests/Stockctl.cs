using System.Diagnostics;
using System.Text.Json;
using StockAuthority.Testing;

namespace StockAuthority.Cli.Tests;

/// <summary>Runs the built <c>stockctl</c>.</summary>
internal static class Stockctl
{
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => StockctlProcess.RunAsync(arguments);

    public static Process Start(params string[] arguments) => StockctlProcess.Start(arguments);

    public static Task<(int ExitCode, string Output, string Error)> FinishAsync(Process started) => StockctlProcess.FinishAsync(started);

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
