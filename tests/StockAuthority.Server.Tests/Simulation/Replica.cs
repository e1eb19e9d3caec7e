using Microsoft.Extensions.Logging.Abstractions;
using StockAuthority.Core.Payments;
using StockAuthority.Server.Exceptions;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>One server of several: a lane of the product with its memory, a clock of its own, and a wire to the database.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly SimulatedDatabase _database;
    private readonly Station _station;
    private readonly RunningCode _code;
    private readonly Lane _lane;
    private readonly Task _running;

    public Replica(string name, SimulatedDatabase database, Station station, TriggerMatrices matrix, LedgerOptions options, DateTimeOffset time)
    {
        (Name, _database, _station) = (name, database, station);
        Clock = new VirtualClock(time, database.Activity);
        station.Wire.IsHolding = true;
        _lane = new Lane(0, options, station.DataSource, new LedgerRules(matrix, new ExceptionOptions()), _ => { }, Clock, NullLogger<Lane>.Instance);
        _code = new RunningCode(database.Activity);
        _running = _code.StartAsync(() => _lane.RunAsync(_stopping.Token));
    }

    public string Name { get; }

    public VirtualClock Clock { get; }

    public Wire Wire => _station.Wire;

    /// <summary>What its callers wait for, in the order of their coming.</summary>
    public List<Attempt> Waiting { get; } = [];

    public bool HasCrashed { get; private set; }

    /// <summary>Whether it does nothing until the schedule lets something happen; a backend that works for it does not count.</summary>
    public bool IsStill => HasCrashed || (_code.IsStill
        && (Waiting.TrueForAll(each => each.Pending.Answer.IsCompleted)
            || Clock.HasSleeper
            || Wire.Session?.State is WireState.RequestHeld or WireState.ResponseHeld or WireState.InServer));

    /// <summary>False when the queue is full.</summary>
    public bool TrySend(Attempt attempt)
    {
        if (!_lane.TryEnqueue(attempt.Pending))
        {
            return false;
        }

        Waiting.Add(attempt);
        _ = attempt.Pending.Answer.ContinueWith(_ => _database.Activity.Signal(), TaskScheduler.Default);
        return true;
    }

    /// <summary>The process is gone, with its queue and its memory. Nothing wakes what is left of it.</summary>
    public async Task CrashAsync(double delivered)
    {
        HasCrashed = true;
        Wire.IsDown = true;
        if (Wire.Session is { } session)
        {
            await session.CutAsync(delivered);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _lane.Complete();
        if (!HasCrashed && Waiting.Exists(each => !each.Pending.Answer.IsCompleted))
        {
            // The history failed in the middle; nobody will let through what its lane waits for.
            await CrashAsync(0);
        }

        if (HasCrashed)
        {
            // It must not reach the database any more. What it still tries ends at once, since it is stopping.
            await _station.DisposeAsync();
        }

        while (!_running.IsCompleted)
        {
            if (Clock.HasSleeper)
            {
                Clock.Wake();
            }

            await _database.Activity.WaitAsync(TimeSpan.FromMilliseconds(1));
        }

        await _running;
        await _lane.DisposeAsync();
        if (!HasCrashed)
        {
            _database.Return(_station);
        }

        _stopping.Dispose();
    }
}
