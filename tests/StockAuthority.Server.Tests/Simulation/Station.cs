using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>A place where a replica can run: the product's own pool of connections, through a wire. Opening connections is slow, so histories share them.</summary>
internal sealed class Station : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private Station(Wire wire, ServiceProvider services) => (Wire, _services) = (wire, services);

    public Wire Wire { get; }

    public NpgsqlDataSource DataSource => _services.GetRequiredService<NpgsqlDataSource>();

    public static async Task<Station> CreateAsync(NpgsqlConnectionStringBuilder database, Activity activity)
    {
        var wire = new Wire(database.Port, activity);
        var through = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = wire.Port };
        var services = new ServiceCollection();
        services.AddDataSources(through.ConnectionString);
        var station = new Station(wire, services.BuildServiceProvider());

        // The first connection of a pool asks for the database's types, and none later does: every history begins alike.
        await using var first = await station.DataSource.OpenConnectionAsync();
        return station;
    }

    /// <summary>Makes it as good as new for the next history.</summary>
    public void Recover()
    {
        (Wire.IsHolding, Wire.IsDown) = (false, false);
        if (Wire.Session is not { HasLostBackend: false })
        {
            DataSource.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Wire.DisposeAsync();
    }
}
