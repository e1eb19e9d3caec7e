using Grpc.Net.Client;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Erp.Tests.Hosts;

/// <summary>One authority for all tests of the assembly; each test has a tenant of its own.</summary>
public sealed class AuthorityStand : IAsyncDisposable
{
    public const string Location = "berlin";
    public const string OtherLocation = "hamburg";
    private readonly SharedAuthority _authority = new();

    public static IReadOnlyList<string> Skus { get; } = ["mug", "tea", "pot"];

    public ServerProcess Server => _authority.Server;

    public GrpcChannel Channel => _authority.Channel;

    /// <summary>A new tenant with two locations.</summary>
    public Task<string> TenantAsync(TestPostgres databases) => _authority.TenantAsync(databases, Location, OtherLocation);

    public ValueTask DisposeAsync() => _authority.DisposeAsync();
}
