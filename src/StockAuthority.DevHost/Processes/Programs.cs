namespace StockAuthority.DevHost.Processes;

/// <summary>Programs that are installed on this machine.</summary>
public static class Programs
{
    /// <summary>A program's full path in PATH or a system folder; null where it is not there.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Concat(["/usr/sbin", "/sbin"])
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
