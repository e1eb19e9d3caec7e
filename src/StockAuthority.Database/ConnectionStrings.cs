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

    /// <summary>
    /// For tables that are worked off like queues: a few statements again and again, each of which takes a few rows in an index's order. Their plans
    /// are made once, maybe while a table is empty, or without statistics; one that reads and sorts all that waits would look as cheap then.
    /// A statement that has a row's key must not name what the index of waiting rows is for (<c>status = 'pending'</c>), but what is the same by
    /// a CHECK (<c>finished_at IS NULL</c>): that index walked from end to end would look as cheap, too.
    /// </summary>
    public static void PlanForQueues(NpgsqlConnectionStringBuilder connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        connection.MaxAutoPrepare = connection.ShouldSerialize("Max Auto Prepare") ? connection.MaxAutoPrepare : 32;

        // Nothing is left in a session that a reset would have to undo.
        connection.NoResetOnClose = true;
        connection.Options += " -c jit=off -c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off";
    }
}
