using Npgsql;
using NpgsqlTypes;

namespace StockAuthority.Cli;

/// <summary>Parameters of statements.</summary>
internal static class SqlValues
{
    public static NpgsqlParameter<string> Value(string text) => new() { TypedValue = text };

    public static NpgsqlParameter<string?> OptionalValue(string? text) => new() { TypedValue = text, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter<string[]> Value(IReadOnlyList<string> texts) => new() { TypedValue = [.. texts] };

    public static NpgsqlParameter<long> Value(long number) => new() { TypedValue = number };

    public static NpgsqlParameter<long[]> Value(IEnumerable<long> numbers) => new() { TypedValue = [.. numbers] };

    public static NpgsqlParameter<DateTime> Value(DateTime time) => new() { TypedValue = time, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    public static NpgsqlParameter<DateTime[]> Value(IEnumerable<DateTime> times) => new() { TypedValue = [.. times] };

    public static NpgsqlParameter<byte[]> Value(byte[] bytes) => new() { TypedValue = bytes };
}
