using System.Globalization;
using System.Runtime.CompilerServices;
using CsvHelper;
using StockAuthority.Cli.Imports;

namespace StockAuthority.Cli.Levels;

/// <summary>Reads rows one after the other; those that cannot be sent are refused here, each by its line, and the rest goes on.</summary>
/// <remarks>What is a good SKU, location or number of units is for the authority to say, and its reasons are reported too.</remarks>
internal sealed class LevelFile(FileInfo file, RefusedRows refused)
{
    public const string Sku = "sku";
    public const string Location = "location";
    public const string Quantity = "quantity";

    /// <summary>Some 40 bytes of memory a row, for its place in the file.</summary>
    private const int MaximumRows = 10_000_000;

    /// <summary>What a decoder leaves where bytes are no UTF-8.</summary>
    private const char Undecodable = '\uFFFD';

    private readonly Dictionary<UInt128, long> _lineOfPlace = [];

    /// <summary>Rows that were read, bad ones included.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows without units: they open nothing.</summary>
    public long WithoutUnits { get; private set; }

    /// <summary>The share that was read, 0 to 1.</summary>
    public double Progress { get; private set; }

    /// <exception cref="ImportException">The header lacks a column, or there are too many rows.</exception>
    /// <exception cref="CsvFormatException">A line is too long for a row.</exception>
    public async IAsyncEnumerable<LevelRow> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reader = ImportFile.Open(file, refused, Count);
        await reader.ReadHeaderAsync(cancellationToken);
        var (sku, location, quantity) = Columns(reader);
        while (await reader.ReadAsync(cancellationToken))
        {
            Count();
            Progress = (double)reader.ByteOffset / Math.Max(1, file.Length);
            if (Row(reader.LineNumber, reader.GetString(sku), reader.GetString(location), reader.GetString(quantity)) is { } row)
            {
                yield return row;
            }
        }

        Progress = 1;
    }

    private (int Sku, int Location, int Quantity) Columns(CsvReader reader)
    {
        string[] missing = [.. new[] { Sku, Location, Quantity }.Where(name => !reader.TryGetFieldIndex(name, out _))];
        return missing.Length == 0
            ? (reader.GetFieldIndex(Sku), reader.GetFieldIndex(Location), reader.GetFieldIndex(Quantity))
            : throw new ImportException($"{file.Name} has no column {string.Join(" and no column ", missing)}: its first line must name the columns {Sku}, {Location} and {Quantity}.");
    }

    private void Count()
    {
        if (++Rows > MaximumRows)
        {
            throw new ImportException(string.Create(CultureInfo.InvariantCulture, $"{file.Name} has more than {MaximumRows:#,0} rows: split it."));
        }
    }

    private LevelRow? Row(long line, string sku, string location, string quantity)
    {
        if (new[] { (Sku, sku), (Location, location), (Quantity, quantity) }.Where(field => field.Item2.Length == 0).ToArray() is { Length: > 0 } empty)
        {
            return Refuse("MISSING_FIELD", $"{string.Join(" and ", empty.Select(field => field.Item1))} is required.");
        }

        if (sku.Contains(Undecodable, StringComparison.Ordinal) || location.Contains(Undecodable, StringComparison.Ordinal))
        {
            return Refuse("TEXT_INVALID", "The line is not valid UTF-8.");
        }

        if (!long.TryParse(quantity, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var units))
        {
            return Refuse("QUANTITY_INVALID", $"{Quantity} is not a whole number.");
        }

        var row = new LevelRow(line, sku, location, units);
        if (!_lineOfPlace.TryAdd(row.Place, line))
        {
            return Refuse("DUPLICATE_ROW", $"Line {_lineOfPlace[row.Place]} has this SKU and location already.");
        }

        if (units == 0)
        {
            WithoutUnits++;
            return null;
        }

        return row;

        LevelRow? Refuse(string reason, string message)
        {
            refused.Add(line, reason, message, sku, location, quantity);
            return null;
        }
    }
}
