using System.Diagnostics;
using System.Globalization;
using StockAuthority.DevHost;
using StockAuthority.Testing;

namespace StockAuthority.Server.Tests.BadConditions;

/// <summary>A file system of its own, small enough to be filled.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    private string Filler => Path.Combine(Folder, "filler");

    /// <param name="megabytes">Its size.</param>
    /// <param name="like">Whoever owns this path owns the disk.</param>
    /// <returns>Null where this host lets us mount none.</returns>
    public static async Task<SmallDisk?> MountAsync(int megabytes, string like)
    {
        var folder = Path.Combine(await TestWorkspace.FolderAsync(), $"disk-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        var size = megabytes.ToString(CultureInfo.InvariantCulture);
        var mounted = await RunAsync("sh", "-c", $"mount -t tmpfs -o size={size}m,mode=0700,uid=$(stat -c %u '{like}'),gid=$(stat -c %g '{like}') tmpfs '{folder}'");
        return mounted ? new SmallDisk(folder) : null;
    }

    /// <summary>Leaves not a byte free.</summary>
    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[64 * 1024];
        for (var size = block.Length; size > 0;)
        {
            try
            {
                filler.Write(block, 0, size);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    /// <summary>Gives back what <see cref="Fill"/> took.</summary>
    public void Free() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        // Whose files were here may take a moment to end.
        await Wait.UntilAsync(() => RunAsync("umount", Folder), Bound);
        Directory.Delete(Folder);
    }

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }
}
