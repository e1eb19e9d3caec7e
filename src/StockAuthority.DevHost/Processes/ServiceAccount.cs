namespace StockAuthority.DevHost.Processes;

/// <summary>
/// The system account that a server's programs run as. PostgreSQL's refuse root, and others need it for nothing, so root becomes the account
/// that the distribution made for them, or <c>nobody</c>; anybody else stays who they are.
/// </summary>
internal sealed class ServiceAccount
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private readonly string[] _prefix;
    private readonly string? _owner;

    private ServiceAccount(string[] prefix, string? owner)
    {
        _prefix = prefix;
        _owner = owner;
    }

    public static async Task<ServiceAccount> ChooseAsync(string preferred, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new ServiceAccount([], null);
        }

        foreach (var name in (string[])[preferred, "nobody"])
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
                return new ServiceAccount(works.Succeeded ? keepsAccess : ["runuser", "-u", name, "--"], $"{user.LastLine}:{group.LastLine}");
            }
        }

        throw new DevHostException($"Servers do not run as root, and there is neither a {preferred} nor a nobody account: run as another user.");
    }

    /// <summary>The program and its arguments as this account starts them.</summary>
    public string[] Line(string program, params IEnumerable<string> arguments) => [.. _prefix, program, .. arguments];

    public Task<Tool.Result> RunAsync(string program, string[] arguments, TimeSpan bound, CancellationToken cancellationToken)
    {
        var line = Line(program, arguments);
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
                throw new DevHostException($"{path} could not be given to its server's account: {changed.LastLine}.");
            }
        }
    }
}
