using Grpc.Net.Client;
using StockAuthority.Client;
using StockAuthority.DevHost;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>An authority that also listens with TLS and knows two processes by their certificates.</summary>
public sealed class TlsServer(TestPostgres databases) : IAsyncLifetime
{
    /// <summary>Of the process that may read stock for every tenant.</summary>
    public const string ReaderUri = "spiffe://example.com/reader";

    /// <summary>Of the process that may reserve for <see cref="Ledger.Tenant"/>.</summary>
    public const string TillName = "till-1";

    private readonly int _port = Ports.Free();
    private TestDatabase? _database;
    private ServerProcess? _server;

    internal TestCertificates Certificates { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Certificates = await TestCertificates.CreateAsync();
        _database = await databases.CreateDatabaseAsync();
        _server = await ServerProcess.StartAsync(_database.ConnectionString, Ledger.NoRedis, Settings(_port, "NoCheck"));
        using var channel = await _server.ChannelAsync();
        await Ledger.RegisterAsync(channel);
    }

    public async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? default);
        await (_database?.DisposeAsync() ?? default);
        Certificates.Dispose();
    }

    /// <summary>Another server on the same database.</summary>
    public async Task<(ServerProcess Server, int Port)> StartAnotherAsync(string revocationMode)
    {
        var port = Ports.Free();
        return (await ServerProcess.StartAsync(_database!.ConnectionString, Ledger.NoRedis, Settings(port, revocationMode)), port);
    }

    /// <summary>A channel with a client certificate, a token, both or none.</summary>
    public GrpcChannel Channel((string Certificate, string Key)? certificate = null, string? token = null, int? port = null) =>
        StockAuthorityChannel.Create(new StockAuthorityClientOptions
        {
            Address = new UriBuilder(Uri.UriSchemeHttps, "127.0.0.1", port ?? _port).Uri,
            CaFile = Certificates.CaFile,
            ClientCertificateFile = certificate?.Certificate,
            ClientKeyFile = certificate?.Key,
            Token = token,
        });

    private Dictionary<string, string> Settings(int port, string revocationMode)
    {
        var (certificate, key) = Certificates.Server();
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Kestrel__Endpoints__Tls__Url"] = new UriBuilder(Uri.UriSchemeHttps, "127.0.0.1", port).Uri.ToString(),
            ["Kestrel__Endpoints__Tls__Protocols"] = "Http1AndHttp2",
            ["Kestrel__Endpoints__Tls__Certificate__Path"] = certificate,
            ["Kestrel__Endpoints__Tls__Certificate__KeyPath"] = key,
            ["Authentication__ClientCertificates__CaFile"] = Certificates.CaFile,
            ["Authentication__ClientCertificates__RevocationMode"] = revocationMode,
            ["Authentication__ClientCertificates__Callers__0__Uri"] = ReaderUri,
            ["Authentication__ClientCertificates__Callers__0__Tenants"] = "*",
            ["Authentication__ClientCertificates__Callers__0__Scopes"] = "stock.read feed.read",
            ["Authentication__ClientCertificates__Callers__1__CommonName"] = TillName,
            ["Authentication__ClientCertificates__Callers__1__Tenants"] = $"{Ledger.Tenant} another",
            ["Authentication__ClientCertificates__Callers__1__Scopes"] = "stock.write",
        };
    }
}
