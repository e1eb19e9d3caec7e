using StockAuthority.DevHost.Processes;

namespace StockAuthority.DevHost.Postgres;

/// <summary>
/// The system account that PostgreSQL's programs run as. They refuse root, so root becomes <c>postgres</c>, or
/// <c>nobody</c> where the distribution made no such account; anybody else stays who they are.
/// </summary>
internal sealed class PostgresAccount
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private readonly string[] _prefix;
    private readonly string? _owner;

    private PostgresAccount(string[] prefix, string? owner)
    {
        _prefix = prefix;
        _owner = owner;
    }

    public static async Task<PostgresAccount> ChooseAsync(CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new PostgresAccount([], null);
        }

        foreach (var name in (string[])["postgres", "nobody"])
        {
            var user = await Tool.RunAsync("id", ["-u", name], Bound, cancellationToken);
            var group = await Tool.RunAsync("id", ["-g", name], Bound, cancellationToken);
            if (user.Succeeded && group.Succeeded)
            {
                // A checkout below a folder that only root may enter works all the same: the account keeps the one
                // capability that looks past folder permissions. What it writes is still its own.
                string[] keepsAccess =
                [
                    "setpriv", $"--reuid={user.LastLine}", $"--regid={group.LastLine}", "--clear-groups",
                    "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--",
                ];
                var works = await Tool.RunAsync(keepsAccess[0], [.. keepsAccess[1..], "true"], Bound, cancellationToken);
                return new PostgresAccount(works.Succeeded ? keepsAccess : ["runuser", "-u", name, "--"], $"{user.LastLine}:{group.LastLine}");
            }
        }

        throw new DevHostException("PostgreSQL refuses to run as root and there is neither a postgres nor a nobody account: run as another user.");
    }

    public Task<Tool.Result> RunAsync(string program, string[] arguments, TimeSpan bound, CancellationToken cancellationToken)
    {
        string[] line = [.. _prefix, program, .. arguments];
        return Tool.RunAsync(line[0], line[1..], bound, cancellationToken);
    }

    /// <summary>Gives a folder or file, and what is in it, to the account.</summary>
    public async Task OwnAsync(string path, CancellationToken cancellationToken)
    {
        if (_owner is not null)
        {
            var changed = await Tool.RunAsync("chown", ["-R", _owner, path], Bound, cancellationToken);
            if (!changed.Succeeded)
            {
                throw new DevHostException($"{path} could not be given to PostgreSQL's account: {changed.LastLine}.");
            }
        }
    }
}
