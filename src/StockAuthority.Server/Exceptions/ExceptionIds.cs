namespace StockAuthority.Server.Exceptions;

/// <summary>Ids of cases: unique without asking the database, and later ones sort after earlier ones.</summary>
internal static class ExceptionIds
{
    private const string Prefix = "exc-";

    public static string New() => $"{Prefix}{Guid.CreateVersion7():N}";

    /// <summary>Whether the text can be one.</summary>
    public static bool IsOne(string text) => text.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParseExact(text.AsSpan(Prefix.Length), "N", out _);
}
