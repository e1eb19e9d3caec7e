using HdrHistogram;

namespace StockAuthority.Bench;

/// <summary>
/// Calls that are made at their times, whether or not earlier ones are answered; a latency counts from the time at which the
/// call was due. Callers who wait for answers would not call while the system is slow, and so not see how slow it was.
/// </summary>
internal static class OpenLoop
{
    private const long LongestMicroseconds = 60_000_000;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <param name="call">Makes the call with this number. True where it was applied.</param>
    public static async Task<LoopResult> RunAsync(BenchSettings settings, double perSecond, Func<long, Task<bool>> call, TimeProvider time)
    {
        long calls = 0;
        await RunAsync(settings.WarmUp, new LongConcurrentHistogram(1, LongestMicroseconds, 3));
        var latencies = new LongConcurrentHistogram(1, LongestMicroseconds, 3);
        var started = time.GetTimestamp();
        var (made, applied) = await RunAsync(settings.Duration, latencies);
        return new LoopResult(
            applied / time.GetElapsedTime(started).TotalSeconds,
            latencies.GetValueAtPercentile(50) / 1_000.0,
            latencies.GetValueAtPercentile(99) / 1_000.0,
            made,
            made - applied);

        async Task<(long Made, long Applied)> RunAsync(TimeSpan duration, LongConcurrentHistogram histogram)
        {
            var begin = time.GetTimestamp();
            var all = (long)(perSecond * duration.TotalSeconds);
            var answers = new List<Task<bool>>((int)all);
            using var never = new ManualResetEvent(false);

            // A thread of its own: the runtime's timers go by a clock that moves every 4 ms, and calls would come in bursts.
            await Task.Factory.StartNew(Call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return (all, (await Task.WhenAll(answers)).LongCount(static applied => applied));

            void Call()
            {
                while (answers.Count < all)
                {
                    var due = Math.Min(all, (long)(time.GetElapsedTime(begin).TotalSeconds * perSecond));
                    while (answers.Count < due)
                    {
                        answers.Add(CallAsync(begin, answers.Count / perSecond, calls++, histogram));
                    }

                    never.WaitOne(Tick);
                }
            }
        }

        async Task<bool> CallAsync(long begin, double dueSeconds, long number, LongConcurrentHistogram histogram)
        {
            var applied = await call(number);
            var latency = time.GetElapsedTime(begin).TotalSeconds - dueSeconds;
            histogram.RecordValue(Math.Clamp((long)(latency * 1_000_000), 1, LongestMicroseconds));
            return applied;
        }
    }
}
