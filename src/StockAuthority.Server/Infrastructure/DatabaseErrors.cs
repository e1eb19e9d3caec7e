using Npgsql;

namespace StockAuthority.Server.Infrastructure;

/// <summary>Sorts database failures by what can be done about them.</summary>
internal static class DatabaseErrors
{
    /// <summary>
    /// Whether the same work may succeed on another attempt: the connection, the server or a conflict failed it, not the
    /// work itself. Where it happened during COMMIT the outcome is unknown.
    /// </summary>
    public static bool IsTransient(Exception error) => error switch
    {
        // 40: rollback by conflict or deadlock. 53: out of connections, memory or disk. 55: lock not available.
        // 57: cancelled, terminated, shutting down, starting up. 08: connection. 25P03: idle in transaction, ended by us.
        PostgresException { SqlState: ['4', '0', ..] or ['5', '3', ..] or ['5', '5', ..] or ['5', '7', ..] or ['0', '8', ..] or "25P03" or "25006" } => true,
        PostgresException => false,
        NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException => true,
        ObjectDisposedException => true,
        _ => false,
    };

    /// <summary>Whether the session was ended from outside, so that another one may do at once. Not where the database did not answer in time.</summary>
    public static bool IsEndedSession(Exception? error) => error
        is PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown }
        or NpgsqlException { InnerException: IOException };
}
