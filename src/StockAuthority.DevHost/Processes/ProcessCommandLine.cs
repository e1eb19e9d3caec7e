using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace StockAuthority.DevHost.Processes;

internal static class ProcessCommandLine
{
    /// <summary>How a process was started, its arguments separated by spaces; empty where there is none with this id.</summary>
    public static string Of(int processId)
    {
        var id = processId.ToString(CultureInfo.InvariantCulture);
        try
        {
            if (OperatingSystem.IsLinux())
            {
                return File.ReadAllText($"/proc/{id}/cmdline").Replace('\0', ' ').Trim();
            }

            using var ps = Process.Start(new ProcessStartInfo("ps", ["-ww", "-o", "command=", "-p", id]) { RedirectStandardOutput = true });
            return ps?.StandardOutput.ReadToEnd().Trim() ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            return "";
        }
    }
}
