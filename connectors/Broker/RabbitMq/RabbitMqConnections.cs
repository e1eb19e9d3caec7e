using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using RabbitMQ.Client;

namespace StockAuthority.Connectors.Broker.RabbitMq;

/// <summary>How a node is reached. The client's own recovery is off: what was not confirmed is the runtime's to repeat, in order.</summary>
internal static class RabbitMqConnections
{
    private const int DefaultPort = 5672;
    private const int DefaultTlsPort = 5671;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    public static async Task<IConnection> OpenAsync(RabbitMqOptions options, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            ClientProvidedName = "stockauthority",
            UserName = options.UserName,
            Password = options.PasswordFile is { } file ? (await File.ReadAllTextAsync(file, cancellationToken)).Trim() : options.Password!,
            VirtualHost = options.VirtualHost,
            RequestedHeartbeat = Heartbeat,
        };
        return await factory.CreateConnectionAsync(options.Addresses.Select(node => Endpoint(node, options)), cancellationToken);
    }

    private static AmqpTcpEndpoint Endpoint(Uri node, RabbitMqOptions options)
    {
        var isTls = node.Scheme == "amqps";
        var port = node.Port > 0 ? node.Port : isTls ? DefaultTlsPort : DefaultPort;
        return isTls ? new AmqpTcpEndpoint(node.Host, port, Tls(node.Host, options)) : new AmqpTcpEndpoint(node.Host, port);
    }

    private static SslOption Tls(string host, RabbitMqOptions options)
    {
        var tls = new SslOption
        {
            Enabled = true,
            ServerName = host,

            // The system's choice.
            Version = SslProtocols.None,
        };
        if (options.CaFile is { } authority)
        {
            tls.CertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(authority, certificate, chain, errors);
        }

        if (options.ClientCertificateFile is { } client)
        {
            tls.Certs = [X509Certificate2.CreateFromPemFile(client, options.ClientKeyFile)];
        }

        return tls;
    }

    /// <summary>The name is right, and the certificate is by one's own authority; the system's trust has no say.</summary>
    private static bool IsTrusted(string authority, X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 server || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(authority);

        // One's own authority seldom publishes revocations; the system's trust would not ask for them either.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;

        // What a certificate of a server may be used for.
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1"));
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(server);
    }
}
