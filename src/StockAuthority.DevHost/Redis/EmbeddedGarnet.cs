using System.Globalization;
using Garnet;

namespace StockAuthority.DevHost.Redis;

/// <summary>A server of the Redis protocol inside this process: strings, hashes, Lua, pub/sub; nothing is kept on disk.</summary>
public sealed class EmbeddedGarnet : IDisposable
{
    private readonly GarnetServer _server;

    private EmbeddedGarnet(GarnetServer server, int port)
    {
        _server = server;
        Port = port;
    }

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>For StackExchange.Redis, for example <c>127.0.0.1:7073</c>.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Starts on a port of 127.0.0.1.</summary>
    public static EmbeddedGarnet Start(int port)
    {
        var server = new GarnetServer(
            ["--bind", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--lua", "true", "--lua-transaction-mode", "true", "-q", "--memory", "256m", "--index", "16m"]);
        server.Start();
        return new EmbeddedGarnet(server, port);
    }

    /// <summary>Stops; all entries are gone.</summary>
    public void Dispose() => _server.Dispose();
}
