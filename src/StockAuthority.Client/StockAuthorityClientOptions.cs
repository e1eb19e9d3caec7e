namespace StockAuthority.Client;

/// <summary>Where the authority is and who calls it.</summary>
public sealed class StockAuthorityClientOptions
{
    /// <summary>The gRPC address, for example <c>http://127.0.0.1:7070</c>.</summary>
    public required Uri Address { get; set; }

    /// <summary>A bearer token. Give this or <see cref="TokenFile"/>.</summary>
    public string? Token { get; set; }

    /// <summary>A file that holds the bearer token; it is read again when it changes, so tokens can be rotated.</summary>
    public string? TokenFile { get; set; }
}
