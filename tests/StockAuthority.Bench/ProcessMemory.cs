using System.Globalization;

namespace StockAuthority.Bench;

/// <summary>What a process occupies of the machine's memory.</summary>
internal static class ProcessMemory
{
    public static double Mebibytes(int processId)
    {
        var status = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/status"));
        var kibibytes = status.Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return double.Parse(kibibytes, CultureInfo.InvariantCulture) / 1024;
    }
}
