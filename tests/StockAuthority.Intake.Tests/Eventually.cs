namespace StockAuthority.Intake.Tests;

/// <summary>Waits for a condition, with a bound, instead of sleeping.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public static async Task<T> GetAsync<T>(Func<Task<T>> read, Func<T, bool> isThere)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var value = await read();
            if (isThere(value))
            {
                return value;
            }

            try
            {
                await timer.WaitForNextTickAsync(bound.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"After {Bound.TotalSeconds} s it is still: {value}");
            }
        }
    }
}
