using System.CommandLine;
using Npgsql;
using StockAuthority.Cli.Verification;

namespace StockAuthority.Cli;

/// <summary>Which database a command is about, and what is said where that does not work.</summary>
internal static class PostgresOption
{
    /// <summary>A command line is seen by every user of a machine, and a connection string may hold a password.</summary>
    private const string Variable = "STOCKCTL_POSTGRES";

    public static Option<string> Create(string rights) => new("--postgres")
    {
        Description = $"Npgsql connection string of the server's database; by default what {Variable} has. {rights}",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(Variable) ?? "",
    };

    /// <exception cref="VerificationException">There is none.</exception>
    public static void Check(string postgres)
    {
        if (postgres.Length == 0)
        {
            throw new VerificationException($"--postgres is missing, and {Variable} is not set: the connection string of the server's database is needed.");
        }
    }

    /// <summary>An error in one sentence without secrets.</summary>
    public static string Sentence(Exception error, string postgres, string what) => error switch
    {
        VerificationException => error.Message,
        OperationCanceledException => $"{what} was interrupted.",
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn } missing =>
            $"This database holds no ledger of this version: {missing.MessageText}.",
        PostgresException refused => $"PostgreSQL refused: {refused.MessageText}.",
        NpgsqlException { InnerException: { } cause } => $"PostgreSQL at {Address(postgres)} cannot be reached: {cause.Message.TrimEnd('.')}.",
        NpgsqlException => $"PostgreSQL at {Address(postgres)} cannot be reached: {error.Message.TrimEnd('.')}.",
        ArgumentException or FormatException => $"The connection string cannot be read: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}.",
        _ => $"{what} failed: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}.",
    };

    private static string Address(string postgres)
    {
        var settings = new NpgsqlConnectionStringBuilder(postgres);
        return $"{settings.Host}:{settings.Port}";
    }
}
