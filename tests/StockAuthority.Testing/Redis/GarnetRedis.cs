using System.Globalization;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Redis;

namespace StockAuthority.Testing.Redis;

/// <summary>Garnet inside the test process: what <c>./dev up</c> runs.</summary>
public sealed class GarnetRedis : ITestRedis
{
    private readonly int _port = Ports.Free();
    private EmbeddedGarnet? _server;

    /// <inheritdoc/>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <summary>A started one.</summary>
    public static async Task<GarnetRedis> CreateAsync()
    {
        var redis = new GarnetRedis();
        await redis.StartAsync();
        return redis;
    }

    /// <inheritdoc/>
    public Task StartAsync()
    {
        _server ??= EmbeddedGarnet.Start(_port);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync()
    {
        _server?.Dispose();
        _server = null;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();
}
