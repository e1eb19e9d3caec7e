using Grpc.Net.Client;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Broker.Tests.Hosts;

/// <summary>One authority for all tests of the assembly; each test has a tenant of its own.</summary>
public sealed class BrokerStand : IAsyncDisposable
{
    public const string Store = "store-1";
    public const string Warehouse = "warehouse-1";
    private readonly SharedAuthority _authority = new();

    public ServerProcess Server => _authority.Server;

    public GrpcChannel Channel => _authority.Channel;

    /// <summary>A new tenant with two locations; the first starts the authority.</summary>
    internal async Task<Shop> ShopAsync(TestPostgres databases) => new(this, await _authority.TenantAsync(databases, Store, Warehouse));

    /// <summary>The connector as a process, on a platform.</summary>
    public async Task<ChildProgram> ConnectorAsync(string tenant, IReadOnlyDictionary<string, string> platform)
    {
        var program = Services.Broker(
            TestWorkspace.Checkout, await TestWorkspace.NewLogFileAsync("broker"), Ports.Free(), Server.Grpc, await TestTokens.FileAsync(tenant), tenant, platform);
        return program with
        {
            Environment = new Dictionary<string, string>(
                new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["Connector__PollInterval"] = "00:00:00.05",
                    ["Connector__RetryDelay"] = "00:00:00.05",
                    ["Connector__MaxRetryDelay"] = "00:00:00.5",
                    ["Connector__AttemptTimeout"] = "00:00:03",
                    ["Connector__LeaseTime"] = "00:00:06",
                }.Concat(program.Environment.Where(setting => !platform.ContainsKey(setting.Key))).Concat(platform).GroupBy(setting => setting.Key, StringComparer.Ordinal)
                    .Select(setting => setting.Last()),
                StringComparer.Ordinal),
        };
    }

    public ValueTask DisposeAsync() => _authority.DisposeAsync();
}
