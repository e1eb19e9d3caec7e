using System.Globalization;
using CsvHelper;

namespace StockAuthority.Cli.Levels;

/// <summary>
/// The report of rows that were refused: a CSV file that can be corrected and imported itself. Rows are refused where the file is
/// read and where answers come, which is at the same time.
/// </summary>
internal sealed class RefusedRows : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CsvWriter _writer;
    private readonly SortedDictionary<string, long> _byReason = new(StringComparer.Ordinal);

    /// <summary>A report of an earlier run is written over: what was refused then is either in by now, or refused again.</summary>
    public RefusedRows(FileInfo report)
    {
        _writer = CsvWriter.ToFile(report.FullName);
        _writer.WriteRecord("line", "reason", "message", LevelFile.Sku, LevelFile.Location, LevelFile.Quantity);
    }

    /// <summary>How many rows each reason refused.</summary>
    public IReadOnlyDictionary<string, long> ByReason
    {
        get
        {
            lock (_gate)
            {
                return new SortedDictionary<string, long>(_byReason, StringComparer.Ordinal);
            }
        }
    }

    public void Add(long line, string reason, string message, string sku = "", string location = "", string quantity = "")
    {
        lock (_gate)
        {
            _byReason[reason] = _byReason.GetValueOrDefault(reason) + 1;
            _writer.WriteRecord(line.ToString(CultureInfo.InvariantCulture), reason, message, sku, location, quantity);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _writer.Dispose();
        }
    }
}
