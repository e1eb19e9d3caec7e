using System.Text.Json;
using StockAuthority.Testing;

namespace StockAuthority.Cli.Tests.Matrix;

/// <summary>Trigger matrices to try, and what <c>stockctl matrix</c> says of them.</summary>
internal static class MatrixFiles
{
    public static readonly string ReserveOnAuthorization = Path.Combine(AppContext.BaseDirectory, "config", "presets", "reserve-on-authorization.yaml");
    public static readonly string DeductAtSettlement = Path.Combine(AppContext.BaseDirectory, "config", "presets", "deduct-at-settlement.yaml");

    /// <summary>A preset without its signatures, and with more after it.</summary>
    public static Task<string> DraftAsync(string more = "", string preset = "")
    {
        var text = File.ReadAllText(preset.Length > 0 ? preset : ReserveOnAuthorization);
        return WriteAsync(text[..text.IndexOf("sign_off:", StringComparison.Ordinal)] + more);
    }

    public static async Task<string> WriteAsync(string text)
    {
        var path = Path.Combine(await TestWorkspace.FolderAsync(), $"{Shop.New("matrix")}.yaml");
        await File.WriteAllTextAsync(path, text);
        return path;
    }

    public static async Task<(int ExitCode, JsonElement Result)> RunAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await Stockctl.RunAsync(["matrix", .. arguments, "--json"]);
        using var json = JsonDocument.Parse(output.Length > 0 ? output : throw new InvalidOperationException(error));
        return (exitCode, json.RootElement.Clone());
    }

    public static string[] Texts(this JsonElement result, string name) => [.. result.GetProperty(name).EnumerateArray().Select(each => each.GetString()!)];
}
