using Npgsql;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Cli.Tests.Journals;

/// <summary>A ledger of several months, made once. Partitions are everybody's, so each test takes a copy of the database.</summary>
public sealed class OldShop(TestPostgres databases) : IAsyncLifetime
{
    private static int _copies;

    private readonly Shop _shop = new(databases);

    public string Tenant { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await _shop.InitializeAsync();
        Tenant = await _shop.TradeAsync();
        await OldJournal.SpreadAsync(_shop.Database, Tenant);

        // What is copied may have no connections.
        await _shop.StopAsync();
        NpgsqlConnection.ClearAllPools();
    }

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    /// <summary>The connection string of a copy, as its owner.</summary>
    public async Task<string> CopyAsync()
    {
        var name = $"{_shop.Database.Name}_{Interlocked.Increment(ref _copies)}";
        var owner = new NpgsqlConnectionStringBuilder(_shop.Database.ConnectionString) { Database = name };
        var superuser = new NpgsqlConnectionStringBuilder(_shop.Database.SuperuserConnectionString) { Database = "postgres" };
        await using var source = NpgsqlDataSource.Create(superuser.ConnectionString);
        await using var command = source.CreateCommand($"CREATE DATABASE {name} TEMPLATE {_shop.Database.Name} OWNER {owner.Username}");
        await command.ExecuteNonQueryAsync();
        return owner.ConnectionString;
    }
}
