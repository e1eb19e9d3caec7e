using Grpc.Net.Client;

namespace StockAuthority.Testing;

/// <summary>A server with a database of its own, and without a cache.</summary>
public sealed class TestAuthority : IAsyncDisposable
{
    /// <summary>Nothing listens there: the ledger must not need a cache.</summary>
    public const string NoRedis = "127.0.0.1:1";

    private TestAuthority(TestDatabase database, ServerProcess server, GrpcChannel channel) => (Database, Server, Channel) = (database, server, channel);

    /// <summary>The server's.</summary>
    public TestDatabase Database { get; }

    /// <summary>The process.</summary>
    public ServerProcess Server { get; }

    /// <summary>To the server, with every right for every tenant.</summary>
    public GrpcChannel Channel { get; }

    /// <summary>Started and ready.</summary>
    /// <param name="databases">Where the database is made.</param>
    /// <param name="settings">The server's own, by environment.</param>
    public static async Task<TestAuthority> StartAsync(TestPostgres databases, IReadOnlyDictionary<string, string>? settings = null)
    {
        ArgumentNullException.ThrowIfNull(databases);
        var database = await databases.CreateDatabaseAsync();
        var server = await ServerProcess.StartAsync(database.ConnectionString, NoRedis, settings);
        return new TestAuthority(database, server, await server.ChannelAsync());
    }

    /// <summary>Ends the server and drops the database.</summary>
    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await Server.DisposeAsync();
        await Database.DisposeAsync();
    }
}
