using Grpc.Net.Client;
using StockAuthority.Client;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Identity;
using StockAuthority.DevHost.Processes;

namespace StockAuthority.Testing;

/// <summary>The authority as a process of its own, on two ports that it keeps when it is started again.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(30);

    private readonly ChildProgram _program;
    private ChildProcess? _child;

    private ServerProcess(ChildProgram program, int grpcPort, int httpPort)
    {
        _program = program;
        Grpc = Services.Loopback(grpcPort);
        Http = Services.Loopback(httpPort);
    }

    /// <summary>For gRPC, without TLS.</summary>
    public Uri Grpc { get; }

    /// <summary>For JSON and health.</summary>
    public Uri Http { get; }

    /// <summary>What it printed.</summary>
    public string LogFile => _program.LogFile;

    /// <summary>Its process id; null while it is stopped.</summary>
    public int? ProcessId => _child?.Identity.ProcessId;

    /// <summary>Starts a server and waits until it is ready.</summary>
    /// <param name="postgres">Connection string of its database. It migrates it.</param>
    /// <param name="redis">Endpoint of its cache; may be one that nothing listens on.</param>
    /// <param name="settings">More configuration, for example <c>Ledger__BatchSize</c>; wins over the defaults.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<ServerProcess> StartAsync(
        string postgres, string redis, IReadOnlyDictionary<string, string>? settings = null, CancellationToken cancellationToken = default)
    {
        var (grpcPort, httpPort) = (Ports.Free(), Ports.Free());
        var program = Services.Server(
            TestWorkspace.Checkout, await TestWorkspace.NewLogFileAsync("server"), grpcPort, httpPort, postgres, redis, (await TestTokens.IssuerAsync()).Settings());
        var server = new ServerProcess(program.With(settings ?? new Dictionary<string, string>(StringComparer.Ordinal)), grpcPort, httpPort);
        await server.StartAgainAsync(cancellationToken);
        return server;
    }

    /// <summary>Starts it again after <see cref="KillAsync"/> or <see cref="StopAsync"/>.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        await KillAsync();
        _child = await TestWorkspace.StartAsync(_program, cancellationToken);
    }

    /// <summary>SIGTERM: it finishes what it took on.</summary>
    public Task StopAsync() => EndAsync(StopGrace);

    /// <summary>SIGKILL: it gets no chance to finish anything.</summary>
    public async Task KillAsync()
    {
        if (_child is not null)
        {
            await _child.KillAsync();
            await EndAsync(StopGrace);
        }
    }

    /// <summary>SIGSTOP: it keeps its connections and does nothing more until <see cref="Continue"/>.</summary>
    public void Pause() => _child!.Pause();

    /// <summary>SIGCONT.</summary>
    public void Continue() => _child!.Continue();

    /// <summary>A channel whose calls carry a token for the tenant, or for all of them.</summary>
    public async Task<GrpcChannel> ChannelAsync(string tenant = DevelopmentIssuer.AllTenants) => StockAuthorityChannel.Create(new StockAuthorityClientOptions
    {
        Address = Grpc,
        Token = await TestTokens.ForTenantAsync(tenant),
    });

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync() => await KillAsync();

    private async Task EndAsync(TimeSpan grace)
    {
        if (_child is not null)
        {
            await TestWorkspace.StopAsync(_child, grace);
            await _child.DisposeAsync();
            _child = null;
        }
    }
}
