using System.Security.Cryptography.X509Certificates;

namespace StockAuthority.Server.Infrastructure;

/// <summary>Processes that call with a client certificate instead of a token; section <c>Authentication:ClientCertificates</c>.</summary>
internal sealed class ClientCertificateOptions
{
    /// <summary>PEM certificates of the authorities that issue them. Only these are trusted, never the system's. Without it no certificate is asked for.</summary>
    public string? CaFile { get; set; }

    /// <summary>Whether a revoked certificate is looked for: <c>Online</c>, <c>Offline</c> or <c>NoCheck</c>. Where that cannot be found out, it is refused.</summary>
    public X509RevocationMode RevocationMode { get; set; } = X509RevocationMode.Online;

    /// <summary>Who is who. A certificate that fits none is nobody's.</summary>
    public IList<ClientCertificateCaller> Callers { get; set; } = [];
}

/// <summary>What one certificate stands for. Give <see cref="Uri"/> or <see cref="CommonName"/>.</summary>
internal sealed class ClientCertificateCaller
{
    /// <summary>A URI of the subject's alternative names, for example <c>spiffe://example.com/intake</c>.</summary>
    public string? Uri { get; set; }

    /// <summary>The subject's common name.</summary>
    public string? CommonName { get; set; }

    /// <summary>Separated by spaces; <c>*</c> for all.</summary>
    public string Tenants { get; set; } = "";

    /// <summary>Separated by spaces, as in a token.</summary>
    public string Scopes { get; set; } = "";
}
