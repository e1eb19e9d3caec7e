using Npgsql;

namespace StockAuthority.Database;

/// <summary>Reads connection strings from settings.</summary>
public static class ConnectionStrings
{
    /// <summary>Null for a text that is no connection string. The reason is not told: it repeats parts of the text, which could hold a password.</summary>
    public static NpgsqlConnectionStringBuilder? Parse(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
