using Grpc.Net.Client;
using Npgsql;
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

    /// <summary>Changes rows behind the server's back. The tenant is parameter 1.</summary>
    public async Task TamperAsync(string tenant, string sql)
    {
        await using var source = NpgsqlDataSource.Create(_authority.Database.SuperuserConnectionString);
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        if (await command.ExecuteNonQueryAsync() == 0)
        {
            throw new InvalidOperationException($"Nothing was tampered with: {sql}");
        }
    }

    public ValueTask DisposeAsync() => _authority.DisposeAsync();
}
