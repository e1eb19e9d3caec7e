using Grpc.Net.Client;
using Npgsql;
using Shouldly;
using StockAuthority.Cli.Verification;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;

namespace StockAuthority.Server.Tests.BadConditions;

/// <summary>A database and one or several servers on it, with one tenant that has one location.</summary>
internal sealed class Replicas : IAsyncDisposable
{
    private readonly List<GrpcChannel> _channels = [];

    private Replicas(TestDatabase database)
    {
        Database = database;
        Superuser = NpgsqlDataSource.Create(database.SuperuserConnectionString);
    }

    public TestDatabase Database { get; }

    public NpgsqlDataSource Superuser { get; }

    public List<ServerProcess> Servers { get; } = [];

    public List<InventoryService.InventoryServiceClient> Inventories { get; } = [];

    /// <param name="databases">Where the database is made.</param>
    /// <param name="count">How many servers.</param>
    /// <param name="prepare">Done to the empty database before a server sees it.</param>
    public static async Task<Replicas> StartAsync(TestPostgres databases, int count, Func<Replicas, Task>? prepare = null)
    {
        var replicas = new Replicas(await databases.CreateDatabaseAsync());
        if (prepare is not null)
        {
            await prepare(replicas);
        }

        for (var number = 0; number < count; number++)
        {
            await replicas.AddAsync();
        }

        return replicas;
    }

    /// <summary>Another server.</summary>
    /// <param name="postgres">How it reaches the database, where that is not directly.</param>
    public async Task<ServerProcess> AddAsync(string? postgres = null)
    {
        var server = await ServerProcess.StartAsync(postgres ?? Database.ConnectionString, Ledger.NoRedis);
        var channel = await server.ChannelAsync();
        Servers.Add(server);
        _channels.Add(channel);
        Inventories.Add(new InventoryService.InventoryServiceClient(channel));
        if (Servers.Count == 1)
        {
            await Ledger.RegisterAsync(channel);
        }

        return server;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Superuser.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs statements in a session of the test's own.</summary>
    public static async Task ExecuteAsync(NpgsqlConnection session, string sql)
    {
        await using var command = session.CreateCommand();
#pragma warning disable CA2100 // Every statement is a test's own.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Moves the database, which nobody may be connected to, into another tablespace.</summary>
    public async Task MoveAsync(string tablespace)
    {
        await using var elsewhere = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Database.SuperuserConnectionString) { Database = "postgres" });
        await using var command = elsewhere.CreateCommand($"ALTER DATABASE {Database.Name} SET TABLESPACE {tablespace}");
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ReadAsync<T>(string sql)
    {
        await using var command = Superuser.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Whether a server's batch waits for a lock that somebody else holds.</summary>
    public Task<bool> LaneWaitsAsync() => LockWaits.AnyAsync(Superuser, DataSources.LedgerApplication);

    /// <summary>As <c>stockctl verify</c> does it: sequence, hashes, balances, reservations, each key once.</summary>
    public async Task VerifyAsync()
    {
        var report = await LedgerVerification.RunAsync(Database.ConnectionString, new VerificationOptions(), _ => { }, TimeProvider.System);
        report.Problems.ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        foreach (var server in Servers)
        {
            await server.DisposeAsync();
        }

        await Superuser.DisposeAsync();
        await Database.DisposeAsync();
    }
}
