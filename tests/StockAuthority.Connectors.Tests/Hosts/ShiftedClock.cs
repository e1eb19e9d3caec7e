namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>The system's clock, some days later where a test says so. Timers run as they are: only what is due by the calendar comes sooner.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private long _ticks;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ticks));
}
