namespace StockAuthority.DevHost.Processes;

/// <summary>The end of a log file.</summary>
public static class LogTail
{
    private const int BytesRead = 32 * 1024;
    private const int LongestLine = 400;

    /// <summary>The last lines, without stack frames and cut to a readable width; empty where there is no such file.</summary>
    public static IReadOnlyList<string> Lines(string path, int count) =>
    [
        .. Read(path)
            .Where(line => !line.StartsWith("at ", StringComparison.Ordinal))
            .TakeLast(count)
            .Select(line => line.Length <= LongestLine ? line : line[..LongestLine] + "…"),
    ];

    /// <summary>Why PostgreSQL gave up, by its own log: the last FATAL line, else the last one.</summary>
    internal static string? Fatal(string path)
    {
        var lines = Lines(path, 50);
        return lines.LastOrDefault(line => line.Contains("FATAL", StringComparison.Ordinal)) ?? (lines.Count == 0 ? null : lines[^1]);
    }

    private static string[] Read(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Seek(-Math.Min(BytesRead, stream.Length), SeekOrigin.End);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
