using CsvHelper;

namespace StockAuthority.Cli.Imports;

/// <summary>How a CSV file that is imported is read.</summary>
internal static class ImportFile
{
    private const int LongestLineBytes = 64 * 1024;

    /// <summary>A quote that is never closed spoils its own line, and not all that follow it.</summary>
    /// <param name="file">The rows.</param>
    /// <param name="refused">Gets the lines that cannot be taken apart.</param>
    /// <param name="count">Counts one of those.</param>
    public static CsvReader Open(FileInfo file, RefusedRows refused, Action count) => CsvReader.FromFile(file.FullName, new CsvReaderOptions
    {
        AllowLineBreaksInQuotes = false,
        MalformedData = CsvMalformedDataHandling.Skip,
        OnMalformedRecord = record =>
        {
            count();
            refused.Add(record.LineNumber, "MALFORMED_ROW", $"The line's quotes are not right: {record.Reason}.");
        },
        MaxRecordSize = LongestLineBytes,
        TrackLineNumbers = true,
        TrimWhitespace = true,
    });
}
