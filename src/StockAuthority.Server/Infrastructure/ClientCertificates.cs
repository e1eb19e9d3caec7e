using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace StockAuthority.Server.Infrastructure;

/// <summary>
/// Who a connection's client certificate speaks for. The TLS handshake builds its chain, so a certificate of another
/// authority never gets as far as a call; its name is looked up once for the connection
/// (docs/decisions/0010).
/// </summary>
internal sealed class ClientCertificates
{
    private const string Section = "Authentication:ClientCertificates";
    private const string CommonNameOid = "2.5.4.3";

    private readonly X509ChainPolicy? _policy;
    private readonly FrozenDictionary<string, ClientCertificateCaller> _byUri;
    private readonly FrozenDictionary<string, ClientCertificateCaller> _byCommonName;

    /// <summary>By the instance, which a connection keeps: the entry goes when the connection does.</summary>
    private readonly ConditionalWeakTable<X509Certificate2, Mapped> _mapped = [];

    /// <exception cref="StartupException">The settings are wrong.</exception>
    public ClientCertificates(IOptions<ClientCertificateOptions> options)
    {
        var settings = options.Value;
        foreach (var (index, caller) in settings.Callers.Index())
        {
            Check(caller, string.Create(CultureInfo.InvariantCulture, $"{Section}:Callers:{index}"));
        }

        _byUri = ByName(settings.Callers, caller => caller.Uri, "Uri");
        _byCommonName = ByName(settings.Callers, caller => caller.CommonName, "CommonName");
        if (!string.IsNullOrEmpty(settings.CaFile))
        {
            _policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = settings.RevocationMode,

                // A stranger's certificate must not choose what we fetch.
                DisableCertificateDownloads = true,
            };
            _policy.CustomTrustStore.AddRange(Authorities(settings.CaFile));
        }
        else if (settings.Callers.Count > 0)
        {
            throw new StartupException($"Set {Section}:CaFile to the certificates of the authorities whose client certificates {Section}:Callers names.");
        }
    }

    /// <summary>Has Kestrel ask for a certificate, which a client with a token need not have, and refuse one that our authorities did not issue.</summary>
    public void Configure(HttpsConnectionAdapterOptions https)
    {
        if (_policy is not { } policy)
        {
            return;
        }

        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
        https.OnAuthenticate = (_, tls) => tls.CertificateChainPolicy = policy.Clone();
    }

    /// <summary>Null where the connection has no certificate, or one that is not assigned to anybody.</summary>
    public Caller? CallerOf(HttpContext context) =>
        _policy is not null && context.Connection.ClientCertificate is { } certificate ? _mapped.GetValue(certificate, Map).Caller : null;

    private Mapped Map(X509Certificate2 certificate)
    {
        var (subject, assigned) = (certificate.GetNameInfo(X509NameType.UrlName, forIssuer: false), (ClientCertificateCaller?)null);
        if (subject.Length == 0 || !_byUri.TryGetValue(subject, out assigned))
        {
            subject = CommonName(certificate);
            assigned = subject is null ? null : _byCommonName.GetValueOrDefault(subject);
        }

        return new Mapped(assigned is null
            ? null
            : new Caller(subject!, Words(assigned.Tenants), Words(assigned.Scopes), new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero)));
    }

    /// <summary>Not GetNameInfo's simple name, which falls back to other parts of the subject.</summary>
    private static string? CommonName(X509Certificate2 certificate) => certificate.SubjectName.EnumerateRelativeDistinguishedNames()
        .FirstOrDefault(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonNameOid)?.GetSingleElementValue();

    private static FrozenSet<string> Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    private static void Check(ClientCertificateCaller caller, string path)
    {
        if (string.IsNullOrEmpty(caller.Uri) == string.IsNullOrEmpty(caller.CommonName))
        {
            throw new StartupException($"Set one of {path}:Uri and {path}:CommonName.");
        }

        if (Words(caller.Tenants).Count == 0)
        {
            throw new StartupException($"Set {path}:Tenants to the tenants that it may act for, or to {Caller.AllTenants}.");
        }

        if (Words(caller.Scopes) is var scopes && (scopes.Count == 0 || scopes.FirstOrDefault(scope => !Scope.All.Contains(scope)) is not null))
        {
            throw new StartupException($"Set {path}:Scopes to some of: {string.Join(' ', Scope.All.Order(StringComparer.Ordinal))}.");
        }
    }

    private static FrozenDictionary<string, ClientCertificateCaller> ByName(
        IEnumerable<ClientCertificateCaller> callers, Func<ClientCertificateCaller, string?> name, string kind)
    {
        var byName = callers.Where(caller => !string.IsNullOrEmpty(name(caller))).ToLookup(name, StringComparer.Ordinal);
        return byName.FirstOrDefault(each => each.Count() > 1) is { } twice
            ? throw new StartupException($"{Section}:Callers has two entries with the {kind} '{twice.Key}'.")
            : byName.ToFrozenDictionary(each => each.Key!, each => each.Single(), StringComparer.Ordinal);
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The trust store keeps them for the life of the process.")]
    private static X509Certificate2Collection Authorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{Section}:CaFile: '{file}' cannot be read: {error.Message}");
        }

        return authorities.Count > 0 ? authorities : throw new StartupException($"{Section}:CaFile: '{file}' has no certificate.");
    }

    private sealed record Mapped(Caller? Caller);
}
