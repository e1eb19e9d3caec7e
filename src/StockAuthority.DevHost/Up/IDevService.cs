namespace StockAuthority.DevHost.Up;

/// <summary>A part of the system that runs in a process of its own.</summary>
internal interface IDevService
{
    string Name { get; }

    /// <summary>Returns when it is ready.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Returns when its process has ended, with how it ended.</summary>
    Task<string> WaitForEndAsync(CancellationToken cancellationToken);

    Task StopAsync();
}
