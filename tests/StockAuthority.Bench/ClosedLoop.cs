using HdrHistogram;

namespace StockAuthority.Bench;

/// <summary>What a number of callers achieved.</summary>
internal sealed record LoopResult(double PerSecond, double P50Milliseconds, double P99Milliseconds, long Calls, long Failures);

/// <summary>Callers that each make the next call when the previous one is answered.</summary>
internal static class ClosedLoop
{
    private const long LongestMicroseconds = 60_000_000;

    /// <param name="call">Makes one call; gets the caller's number and a number unique to the call. True where it was applied.</param>
    public static async Task<LoopResult> RunAsync(BenchSettings settings, Func<int, long, Task<bool>> call, TimeProvider time)
    {
        long next = 0;
        await RunAsync(settings.WarmUp);
        var started = time.GetTimestamp();
        var results = await RunAsync(settings.Duration);
        var elapsed = time.GetElapsedTime(started);

        var merged = Histogram();
        foreach (var result in results)
        {
            merged.Add(result.Latencies);
        }

        var applied = results.Sum(result => result.Applied);
        return new LoopResult(
            applied / elapsed.TotalSeconds,
            merged.GetValueAtPercentile(50) / 1_000.0,
            merged.GetValueAtPercentile(99) / 1_000.0,
            results.Sum(result => result.Calls),
            results.Sum(result => result.Calls) - applied);

        async Task<Caller[]> RunAsync(TimeSpan duration)
        {
            var begin = time.GetTimestamp();
            return await Task.WhenAll(Enumerable.Range(0, settings.Callers).Select(caller => Task.Run(async () =>
            {
                var result = new Caller();
                while (time.GetElapsedTime(begin) < duration)
                {
                    var called = time.GetTimestamp();
                    var applied = await call(caller, Interlocked.Increment(ref next));
                    result.Latencies.RecordValue(Math.Clamp((long)time.GetElapsedTime(called).TotalMicroseconds, 1, LongestMicroseconds));
                    result.Calls++;
                    result.Applied += applied ? 1 : 0;
                }

                return result;
            })));
        }
    }

    private static LongHistogram Histogram() => new(LongestMicroseconds, 3);

    private sealed class Caller
    {
        public LongHistogram Latencies { get; } = Histogram();

        public long Calls { get; set; }

        public long Applied { get; set; }
    }
}
