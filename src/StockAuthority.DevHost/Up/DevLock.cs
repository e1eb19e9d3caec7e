using StockAuthority.DevHost.Processes;

namespace StockAuthority.DevHost.Up;

/// <summary>Held while the system of this checkout runs. The kernel lets go of it when the process ends, however it ends.</summary>
internal sealed class DevLock : IDisposable
{
    private readonly FileStream _file;

    private DevLock(FileStream file) => _file = file;

    public static DevLock Take(Checkout checkout)
    {
        Directory.CreateDirectory(checkout.Dev);
        try
        {
            // FileShare.None is flock(2) on Unix.
            return new DevLock(new FileStream(Path.Combine(checkout.Dev, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            var holder = ProcessRecord.Running(checkout.ProcessRecord, DevSystem.OwnName);
            throw new DevHostException(
                $"The system of this checkout is already running{(holder is null ? "" : $" as process {holder.ProcessId}")}: stop it first, with Ctrl-C or SIGTERM.");
        }
    }

    public void Dispose() => _file.Dispose();
}
