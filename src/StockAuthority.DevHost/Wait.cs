namespace StockAuthority.DevHost;

/// <summary>Waits for a condition, with a bound.</summary>
public static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>True as soon as the condition holds; false when it did not within the bound.</summary>
    public static Task<bool> UntilAsync(Func<bool> condition, TimeSpan bound, CancellationToken cancellationToken = default) =>
        UntilAsync(() => Task.FromResult(condition()), bound, cancellationToken);

    /// <inheritdoc cref="UntilAsync(Func{bool},TimeSpan,CancellationToken)"/>
    public static async Task<bool> UntilAsync(Func<Task<bool>> condition, TimeSpan bound, CancellationToken cancellationToken = default)
    {
        var time = TimeProvider.System;
        var started = time.GetTimestamp();
        using var timer = new PeriodicTimer(Pause, time);
        while (!await condition())
        {
            if (time.GetElapsedTime(started) >= bound)
            {
                return false;
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }

        return true;
    }
}
