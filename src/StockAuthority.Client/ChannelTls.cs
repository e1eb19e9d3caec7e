using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace StockAuthority.Client;

/// <summary>Whom a channel trusts and as whom it connects.</summary>
internal static class ChannelTls
{
    public static SslClientAuthenticationOptions Options(StockAuthorityClientOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        if (!string.IsNullOrEmpty(options.CaFile))
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,

                // One's own authority seldom publishes revocations; the system's trust would not ask for them either.
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(options.CaFile);
        }

        if (!string.IsNullOrEmpty(options.ClientCertificateFile))
        {
            var certificate = new ClientCertificate(options.ClientCertificateFile, options.ClientKeyFile);
            tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate.Current();
        }

        return tls;
    }

    private sealed class ClientCertificate(string path, string? keyPath)
    {
        private readonly Lock _lock = new();
        private X509Certificate2? _certificate;
        private DateTime _readAtFileTime;

        public X509Certificate2 Current()
        {
            var written = File.GetLastWriteTimeUtc(path);
            lock (_lock)
            {
                if (_certificate is null || written != _readAtFileTime)
                {
                    // The one before may be in use by a handshake: left to the garbage collector.
                    _certificate = X509Certificate2.CreateFromPemFile(path, string.IsNullOrEmpty(keyPath) ? null : keyPath);
                    _readAtFileTime = written;
                }

                return _certificate;
            }
        }
    }
}
