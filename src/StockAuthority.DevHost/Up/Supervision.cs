namespace StockAuthority.DevHost.Up;

/// <summary>
/// Starts a part again when its process ends by itself, as a container platform would: a killed server or database is
/// part of what people try on one machine, and the rest must live through it. A part that cannot stay up stops the whole.
/// </summary>
internal static class Supervision
{
    private const int AttemptsInARow = 5;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(30);

    /// <summary>Runs until cancelled; throws where the part ended too often in a row.</summary>
    public static async Task WatchAsync(IDevService service, Action<string> say, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var failures = 0;
        while (true)
        {
            var since = time.GetTimestamp();
            var reason = await service.WaitForEndAsync(cancellationToken);
            failures = time.GetElapsedTime(since) >= StableAfter ? 1 : failures + 1;
            while (true)
            {
                if (failures > AttemptsInARow)
                {
                    throw new DevHostException($"{service.Name} does not stay up after {AttemptsInARow} attempts; the last time it {reason}.");
                }

                say($"{service.Name} {reason}; starting it again");
                await Task.Delay(FirstPause * Math.Pow(2, failures - 1), time, cancellationToken);
                try
                {
                    await service.StartAsync(cancellationToken);
                    say($"{service.Name} is back");
                    break;
                }
                catch (DevHostException e)
                {
                    failures++;
                    reason = $"did not start: {e.Message}";
                }
            }
        }
    }
}
