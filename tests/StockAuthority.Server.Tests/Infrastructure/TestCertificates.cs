using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StockAuthority.Testing;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>A certificate authority with what it has issued, as PEM files in a folder of its own.</summary>
internal sealed class TestCertificates : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly string _folder;
    private readonly X509Certificate2 _authority;
    private readonly ECDsa _authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private TestCertificates(string folder)
    {
        _folder = folder;
        var request = new CertificateRequest("CN=Test authority", _authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        _authority = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));
        CaFile = Write("ca.pem", _authority.ExportCertificatePem());
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public string CaFile { get; }

    public static async Task<TestCertificates> CreateAsync()
    {
        var folder = Path.Combine(await TestWorkspace.FolderAsync(), $"certificates-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        return new TestCertificates(folder);
    }

    /// <summary>For a server on 127.0.0.1.</summary>
    public (string Certificate, string Key) Server() => Issue("CN=server", null, ServerAuthentication, Now.AddHours(12));

    /// <summary>For a process.</summary>
    /// <param name="commonName">Its subject's common name.</param>
    /// <param name="uri">The URI of its alternative names.</param>
    /// <param name="lifetime">From now on; an hour by default, negative for one that has expired.</param>
    public (string Certificate, string Key) Client(string commonName, string? uri = null, TimeSpan? lifetime = null) =>
        Issue($"CN={commonName}", uri, ClientAuthentication, Now + (lifetime ?? TimeSpan.FromHours(1)));

    public void Dispose()
    {
        _authority.Dispose();
        _authorityKey.Dispose();
    }

    private (string Certificate, string Key) Issue(string subject, string? uri, string usage, DateTimeOffset notAfter)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: true));
        var names = new SubjectAlternativeNameBuilder();
        if (uri is not null)
        {
            names.AddUri(new Uri(uri));
        }

        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(_authority, Now.AddDays(-1), notAfter, Guid.NewGuid().ToByteArray());
        var name = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
        return (Write(name + ".pem", certificate.ExportCertificatePem()), Write(name + ".key", key.ExportPkcs8PrivateKeyPem()));
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
