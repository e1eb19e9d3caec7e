namespace StockAuthority.DevHost;

/// <summary>Files that only their owner may read: tokens, passwords, keys.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>Writes beside and renames, so that a reader never sees half a file and a crash leaves the old one.</summary>
    public static void Write(string path, string text)
    {
        if (OperatingSystem.IsWindows())
        {
            throw WindowsRefused();
        }

        var beside = path + ".new";
        File.Delete(beside);
        using (var writer = new StreamWriter(beside, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            writer.Write(text);
        }

        File.Move(beside, path, overwrite: true);
    }

    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            throw WindowsRefused();
        }

        Directory.CreateDirectory(path, OwnerOnlyFolder);
    }

    private static DevHostException WindowsRefused() => new("The development host runs on Linux and macOS; on Windows use it inside WSL.");
}
