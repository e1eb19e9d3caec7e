using System.Globalization;
using StackExchange.Redis;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;

namespace StockAuthority.Testing.Redis;

/// <summary>A real <c>redis-server</c>: what production runs. Where it is not installed the test fails.</summary>
public sealed class RedisServer : ITestRedis
{
    private static readonly TimeSpan AnswerBound = TimeSpan.FromSeconds(20);

    private readonly int _port = Ports.Free();
    private ChildProcess? _process;

    /// <inheritdoc/>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <summary>A started one.</summary>
    public static async Task<RedisServer> CreateAsync()
    {
        var redis = new RedisServer();
        await redis.StartAsync();
        return redis;
    }

    /// <inheritdoc/>
    public async Task StartAsync()
    {
        if (_process is not null)
        {
            return;
        }

        var program = Programs.Find("redis-server")
            ?? throw new DevHostException("redis-server was not found: run the tests with ./dev test, which installs it or says how.");
        _process = await TestWorkspace.StartAsync(new ChildProgram("redis", program, await TestWorkspace.NewLogFileAsync("redis"))
        {
            Arguments =
            [
                "--bind", "127.0.0.1", "--port", _port.ToString(CultureInfo.InvariantCulture),
                "--save", "", "--appendonly", "no", "--dir", await TestWorkspace.FolderAsync(),
            ],
        });
        var answers = await Wait.UntilAsync(async () => _process.HasExited || await AnswersAsync(), AnswerBound);
        if (!answers || _process.HasExited)
        {
            await StopAsync();
            throw new DevHostException($"redis-server did not start on port {_port}.");
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync()
    {
        if (_process is not null)
        {
            await TestWorkspace.StopAsync(_process, TimeSpan.Zero);
            _process = null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(Endpoint);
            await connection.GetDatabase().PingAsync();
            return true;
        }
        catch (RedisException)
        {
            return false;
        }
    }
}
