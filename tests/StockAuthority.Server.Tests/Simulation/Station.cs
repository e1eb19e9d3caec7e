using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>A place where a replica can run: a pool of connections with the product's settings, through a wire. Opening connections is slow, so histories share them.</summary>
internal sealed partial class Station : IAsyncDisposable
{
    private Station(Wire wire, NpgsqlDataSource dataSource) => (Wire, DataSource) = (wire, dataSource);

    public Wire Wire { get; }

    public NpgsqlDataSource DataSource { get; }

    public static async Task<Station> CreateAsync(NpgsqlConnectionStringBuilder database, Activity activity)
    {
        var wire = new Wire(database.Port, activity);
        var station = new Station(wire, NpgsqlDataSource.Create(Settings(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = wire.Port })));

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
        await DataSource.DisposeAsync();
        await Wire.DisposeAsync();
    }

    /// <summary>The product's, but no limit of real time: on a machine that stands still for seconds it would take part in the history.</summary>
    private static string Settings(NpgsqlConnectionStringBuilder through)
    {
        var services = new ServiceCollection();
        services.AddDataSources(through.ConnectionString);
        using var provider = services.BuildServiceProvider();
        var settings = new NpgsqlConnectionStringBuilder(provider.GetRequiredService<NpgsqlDataSource>().ConnectionString) { Password = through.Password, Timeout = 0, CommandTimeout = 0 };
        settings.Options = TimeLimit().Replace(settings.Options!, "timeout=0");
        return settings.ConnectionString;
    }

    [GeneratedRegex("timeout=[0-9]+s")]
    private static partial Regex TimeLimit();
}
