using System.Globalization;

namespace StockAuthority.DevHost.Processes;

/// <summary>Finds out who listens on a port, as far as this user may know.</summary>
internal static class PortHolder
{
    private const string ListeningState = "0A";

    /// <summary>For example <c>process 4711 (redis-server *:7073)</c>; null where it cannot be told.</summary>
    public static async Task<string?> FindAsync(int port, CancellationToken cancellationToken)
    {
        var processId = OperatingSystem.IsLinux() ? FromProcFileSystem(port) : await FromListOfOpenFilesAsync(port, cancellationToken);
        if (processId is not { } id)
        {
            return null;
        }

        var command = ProcessCommandLine.Of(id);
        return $"process {id} ({(command.Length <= 80 ? command : command[..80] + "…")})";
    }

    private static int? FromProcFileSystem(int port)
    {
        var sockets = ((string[])["/proc/net/tcp", "/proc/net/tcp6"])
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))

            // proc_pid_net(5): local address is field 1, state 3, inode 9.
            .Where(fields => fields.Length > 9 && fields[3] == ListeningState && fields[1].EndsWith($":{port:X4}", StringComparison.Ordinal))
            .Select(fields => $"socket:[{fields[9]}]")
            .ToHashSet(StringComparer.Ordinal);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Holds(Path.Combine(folder, "fd"), sockets))
            {
                return id;
            }
        }

        return null;
    }

    private static bool Holds(string openFiles, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(openFiles)
                .Any(file => new FileInfo(file).LinkTarget is { } target && sockets.Contains(Path.GetFileName(target)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's process, or one that has just ended.
            return false;
        }
    }

    private static async Task<int?> FromListOfOpenFilesAsync(int port, CancellationToken cancellationToken)
    {
        var answer = await Tool.RunAsync(
            "lsof", ["-nP", "-t", string.Create(CultureInfo.InvariantCulture, $"-iTCP:{port}"), "-sTCP:LISTEN"], TimeSpan.FromSeconds(10), cancellationToken);
        return answer.Succeeded && int.TryParse(answer.LastLine, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
    }
}
