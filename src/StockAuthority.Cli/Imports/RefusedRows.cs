using System.Globalization;
using CsvHelper;

namespace StockAuthority.Cli.Imports;

/// <summary>
/// The report of rows that were refused: a CSV file that can be corrected and imported itself. Rows are refused where the file is
/// read and where answers come, which is at the same time.
/// </summary>
internal sealed class RefusedRows : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CsvWriter _writer;
    private readonly int _columns;
    private readonly SortedDictionary<string, long> _byReason = new(StringComparer.Ordinal);

    /// <summary>A report of an earlier run is written over: what was refused then is either in by now, or refused again.</summary>
    /// <param name="report">The file.</param>
    /// <param name="columns">Those of the imported file.</param>
    public RefusedRows(FileInfo report, params string[] columns)
    {
        _writer = CsvWriter.ToFile(report.FullName);
        _columns = columns.Length;
        _writer.WriteRecord(["line", "reason", "message", .. columns]);
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

    /// <param name="line">Its line in the file.</param>
    /// <param name="reason">A name for programs.</param>
    /// <param name="message">A sentence for people.</param>
    /// <param name="fields">What the row has in the columns; none where it could not be read.</param>
    public void Add(long line, string reason, string message, params string[] fields)
    {
        lock (_gate)
        {
            _byReason[reason] = _byReason.GetValueOrDefault(reason) + 1;
            _writer.WriteRecord([line.ToString(CultureInfo.InvariantCulture), reason, message, .. fields, .. Enumerable.Repeat("", _columns - fields.Length)]);
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
