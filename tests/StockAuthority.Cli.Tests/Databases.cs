using StockAuthority.Cli.Tests;
using StockAuthority.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(Databases))]

namespace StockAuthority.Cli.Tests;

/// <summary>The assembly's PostgreSQL. A fixture must have one public constructor, and <see cref="TestPostgres"/> has two.</summary>
public sealed class Databases : IAsyncDisposable
{
    private readonly TestPostgres _postgres = new();

    public Task<TestDatabase> CreateAsync() => _postgres.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => _postgres.DisposeAsync();
}
