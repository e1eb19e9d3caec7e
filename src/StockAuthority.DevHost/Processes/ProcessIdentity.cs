using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace StockAuthority.DevHost.Processes;

/// <summary>
/// A process, told apart from a later one that got the same id: the id and a mark of when it started. Only a process
/// whose mark still matches may be ended.
/// </summary>
public sealed record ProcessIdentity(int ProcessId, string Started)
{
    private static readonly Lazy<string> BootMark = new(() =>
        File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id")[..8] : "boot");

    /// <summary>The process that calls.</summary>
    public static ProcessIdentity Current { get; } = Of(Environment.ProcessId)
        ?? throw new InvalidOperationException("The running process has no start time.");

    /// <summary>The identity of a running process; null where there is none with this id.</summary>
    public static ProcessIdentity? Of(int processId)
    {
        try
        {
            return OperatingSystem.IsLinux() ? FromProcFileSystem(processId) : FromSystem(processId);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Whether this very process still runs. A zombie does not.</summary>
    public bool IsRunning => Of(ProcessId) == this;

    /// <summary>Sends a signal, and SIGKILL where that was not enough in time. Returns when the process is gone.</summary>
    internal async Task EndAsync(int signal, TimeSpan grace)
    {
        if (IsRunning)
        {
            Unix.Signal(ProcessId, signal);
            if (!await Wait.UntilAsync(() => !IsRunning, grace))
            {
                Kill();
                await Wait.UntilAsync(() => !IsRunning, TimeSpan.FromSeconds(5));
            }
        }
    }

    /// <summary>Sends SIGKILL where this very process still runs.</summary>
    public void Kill()
    {
        if (IsRunning)
        {
            Unix.Signal(ProcessId, Unix.Kill);
        }
    }

    /// <summary>The file name form, for example <c>4711-1a2b3c4d.889</c>.</summary>
    public override string ToString() => $"{ProcessId.ToString(CultureInfo.InvariantCulture)}-{Started}";

    /// <summary>Reads what <see cref="ToString"/> wrote; null where it is something else.</summary>
    public static ProcessIdentity? Parse(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && int.TryParse(text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
            ? new ProcessIdentity(processId, text[(dash + 1)..])
            : null;
    }

    private static ProcessIdentity? FromProcFileSystem(int processId)
    {
        // proc(5): the name may hold anything, so fields are counted from its closing parenthesis: state is 3, starttime is 22.
        var stat = File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null : new ProcessIdentity(processId, $"{BootMark.Value}.{fields[19]}");
    }

    private static ProcessIdentity FromSystem(int processId)
    {
        using var process = Process.GetProcessById(processId);
        return new ProcessIdentity(processId, $"{BootMark.Value}.{process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture)}");
    }
}
