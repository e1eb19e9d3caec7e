using Npgsql;
using NpgsqlTypes;

namespace StockAuthority.Server.Infrastructure;

/// <summary>Whole columns as array parameters: a batch is written by statements of fixed text, whatever its size.</summary>
internal static class Sql
{
    public static NpgsqlParameter Texts(string[] values) =>
        new NpgsqlParameter<string[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    public static NpgsqlParameter OptionalTexts(string?[] values) =>
        new NpgsqlParameter<string?[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    public static NpgsqlParameter Numbers(long[] values) =>
        new NpgsqlParameter<long[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    public static NpgsqlParameter OptionalNumbers(long?[] values) =>
        new NpgsqlParameter<long?[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    public static NpgsqlParameter SmallNumbers(short[] values) =>
        new NpgsqlParameter<short[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint };

    public static NpgsqlParameter Bytes(byte[][] values) =>
        new NpgsqlParameter<byte[][]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };

    private static NpgsqlParameter<DateTime[]> Times(DateTime[] values) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };

    private static NpgsqlParameter<DateTime?[]> OptionalTimes(DateTime?[] values) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };

    /// <summary>One column of rows that are written.</summary>
    public static NpgsqlParameter Texts<TRow>(IReadOnlyCollection<TRow> rows, Func<TRow, string> column) => Texts(Column(rows, column));

    /// <inheritdoc cref="Texts{TRow}"/>
    public static NpgsqlParameter OptionalTexts<TRow>(IReadOnlyCollection<TRow> rows, Func<TRow, string?> column) => OptionalTexts(Column(rows, column));

    /// <inheritdoc cref="Texts{TRow}"/>
    public static NpgsqlParameter Numbers<TRow>(IReadOnlyCollection<TRow> rows, Func<TRow, long> column) => Numbers(Column(rows, column));

    /// <inheritdoc cref="Texts{TRow}"/>
    public static NpgsqlParameter OptionalNumbers<TRow>(IReadOnlyCollection<TRow> rows, Func<TRow, long?> column) => OptionalNumbers(Column(rows, column));

    /// <inheritdoc cref="Texts{TRow}"/>
    public static NpgsqlParameter SmallNumbers<TRow>(IReadOnlyCollection<TRow> rows, Func<TRow, short> column) => SmallNumbers(Column(rows, column));

    /// <inheritdoc cref="Texts{TRow}"/>
    public static NpgsqlParameter Bytes<TRow>(IReadOnlyCollection<TRow> rows, Func<TRow, byte[]> column) => Bytes(Column(rows, column));

    /// <inheritdoc cref="Texts{TRow}"/>
    public static NpgsqlParameter OptionalBytes<TRow>(IReadOnlyCollection<TRow> rows, Func<TRow, byte[]?> column) =>
        new NpgsqlParameter<byte[]?[]> { TypedValue = Column(rows, column), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };

    /// <inheritdoc cref="Texts{TRow}"/>
    public static NpgsqlParameter Flags<TRow>(IReadOnlyCollection<TRow> rows, Func<TRow, bool> column) =>
        new NpgsqlParameter<bool[]> { TypedValue = Column(rows, column), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Boolean };

    /// <inheritdoc cref="Texts{TRow}"/>
    public static NpgsqlParameter Times<TRow>(IReadOnlyCollection<TRow> rows, Func<TRow, DateTimeOffset> column) =>
        Times(Column(rows, row => column(row).UtcDateTime));

    /// <inheritdoc cref="Texts{TRow}"/>
    public static NpgsqlParameter OptionalTimes<TRow>(IReadOnlyCollection<TRow> rows, Func<TRow, DateTimeOffset?> column) =>
        OptionalTimes(Column(rows, row => column(row)?.UtcDateTime));

    public static NpgsqlParameter Text(string value) => new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter OptionalText(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter OptionalNumber(long? value) => new() { Value = value is { } number ? number : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };

    public static NpgsqlParameter Number(long value) => new NpgsqlParameter<long> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    public static NpgsqlParameter OptionalTime(DateTimeOffset? value) =>
        new() { Value = value is { } time ? time.UtcDateTime : DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    public static NpgsqlParameter OptionalSpan(TimeSpan? value) =>
        new() { Value = value is { } span ? span : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval };

    public static NpgsqlParameter OptionalFlag(bool? value) => new() { Value = value is { } flag ? flag : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Boolean };

    public static NpgsqlParameter Flag(bool value) => new NpgsqlParameter<bool> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Boolean };

    public static NpgsqlParameter Time(DateTimeOffset value) => new NpgsqlParameter<DateTime> { TypedValue = value.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    public static void Add(this NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
    }

    private static TColumn[] Column<TRow, TColumn>(IReadOnlyCollection<TRow> rows, Func<TRow, TColumn> column)
    {
        var values = new TColumn[rows.Count];
        var index = 0;
        foreach (var row in rows)
        {
            values[index++] = column(row);
        }

        return values;
    }
}
