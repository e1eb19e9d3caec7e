namespace StockAuthority.Client;

/// <summary>Where the authority is, who calls it, and how long a call may take.</summary>
public sealed class StockAuthorityClientOptions
{
    /// <summary>The gRPC address, for example <c>http://127.0.0.1:7070</c>.</summary>
    public required Uri Address { get; set; }

    /// <summary>A bearer token. Give this, <see cref="TokenFile"/> or <see cref="TokenProvider"/>.</summary>
    public string? Token { get; set; }

    /// <summary>A file that holds the bearer token; it is read again when it changes, so tokens can be rotated.</summary>
    public string? TokenFile { get; set; }

    /// <summary>
    /// Gives the bearer token, for example from an OAuth client. It is asked before every attempt, so it should remember
    /// the token until shortly before it expires. Null sends none.
    /// </summary>
    public Func<CancellationToken, ValueTask<string?>>? TokenProvider { get; set; }

    /// <summary>PEM certificates of the authorities that issued the server's certificate; only these are trusted then. Null: the system's.</summary>
    public string? CaFile { get; set; }

    /// <summary>
    /// A PEM file with the client certificate of a process that the authority knows by it, with or instead of a token. It
    /// is read again when it changes: connections are renewed every hour, so renew it earlier than that.
    /// </summary>
    public string? ClientCertificateFile { get; set; }

    /// <summary>The PEM file of the certificate's private key; null where it is in the same file.</summary>
    public string? ClientKeyFile { get; set; }

    /// <summary>The tenant of requests that name none.</summary>
    public string? Tenant { get; set; }

    /// <summary>How long one attempt may take; 2 seconds by default.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a call may take with all its retries and the waits between them; 10 seconds by default. Zero: no retries.</summary>
    public TimeSpan RetryBudget { get; set; } = TimeSpan.FromSeconds(10);
}
