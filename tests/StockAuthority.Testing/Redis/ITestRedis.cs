namespace StockAuthority.Testing.Redis;

/// <summary>A server of the Redis protocol that a test can take away and give back, always on the same port.</summary>
public interface ITestRedis : IAsyncDisposable
{
    /// <summary>For StackExchange.Redis, for example <c>127.0.0.1:20123</c>.</summary>
    string Endpoint { get; }

    /// <summary>Starts it, empty.</summary>
    Task StartAsync();

    /// <summary>Ends it at once; every entry is lost.</summary>
    Task StopAsync();
}
