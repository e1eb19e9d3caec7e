using System.Globalization;
using System.Runtime.CompilerServices;
using CsvHelper;
using StockAuthority.Cli.Imports;

namespace StockAuthority.Cli.Settlements;

/// <summary>Reads lines one after the other; those that cannot be sent are refused here, each by its line, and the rest goes on.</summary>
/// <remarks>What is a good payment, currency or amount is for the authority to say, and its reasons are reported too.</remarks>
internal sealed class SettlementFile(FileInfo file, RefusedRows refused)
{
    private const string Payment = "payment_object_id";
    private const string Currency = "currency";
    private const string Amount = "amount";
    private const string SettleTime = "settle_time";
    private const string Reference = "reference";
    private const string OrderRef = "order_ref";

    public static readonly string[] Columns = [Payment, Currency, Amount, SettleTime, Reference, OrderRef];
    private static readonly string[] Required = [Payment, Currency, Amount, SettleTime];

    /// <summary>Lines that were read, bad ones included.</summary>
    public long Rows { get; private set; }

    /// <summary>The share that was read, 0 to 1.</summary>
    public double Progress { get; private set; }

    /// <exception cref="ImportException">The header lacks a column.</exception>
    /// <exception cref="CsvFormatException">A line is too long for a row.</exception>
    public async IAsyncEnumerable<SettlementRow> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reader = ImportFile.Open(file, refused, () => Rows++);
        await reader.ReadHeaderAsync(cancellationToken);
        string[] missing = [.. Required.Where(name => !reader.TryGetFieldIndex(name, out _))];
        if (missing.Length > 0)
        {
            throw new ImportException($"{file.Name} has no column {string.Join(" and no column ", missing)}: its first line must name the columns {string.Join(", ", Required)}; {Reference} and {OrderRef} may be there too.");
        }

        var indexes = Array.ConvertAll(Columns, name => reader.TryGetFieldIndex(name, out var index) ? index : -1);
        while (await reader.ReadAsync(cancellationToken))
        {
            Rows++;
            Progress = (double)reader.ByteOffset / Math.Max(1, file.Length);
            if (Row(reader.LineNumber, Array.ConvertAll(indexes, index => index < 0 ? "" : reader.GetString(index))) is { } row)
            {
                yield return row;
            }
        }

        Progress = 1;
    }

    private SettlementRow? Row(long line, string[] fields)
    {
        if (Required.Where((_, index) => fields[index].Length == 0).ToArray() is { Length: > 0 } empty)
        {
            return Refuse("MISSING_FIELD", $"{string.Join(" and ", empty)} is required.");
        }

        if (!long.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var minorUnits))
        {
            return Refuse("AMOUNT_INVALID", $"{Amount} is not a whole number of the currency's minor unit, 0 or more.");
        }

        if (!DateTimeOffset.TryParse(fields[3], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var settledAt))
        {
            return Refuse("TIME_INVALID", $"{SettleTime} is not a time, for example 2026-11-25T00:00:00Z.");
        }

        var reference = fields[4].Length > 0 ? fields[4] : line.ToString(CultureInfo.InvariantCulture);
        return new SettlementRow(line, reference, fields[0], fields[1], minorUnits, settledAt, fields[5]);

        SettlementRow? Refuse(string reason, string message)
        {
            refused.Add(line, reason, message, fields);
            return null;
        }
    }
}
