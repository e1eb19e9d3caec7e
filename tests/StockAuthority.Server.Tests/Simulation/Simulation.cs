using StockAuthority.Core.Payments;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>
/// One history. At each step everything stands still, and the seed chooses the one thing that happens next: a caller sends,
/// a round trip reaches the database, its answer reaches the lane, a lane wakes up, time passes, or something breaks.
/// </summary>
internal sealed class Simulation
{
    private const int MaximumSteps = 5_000;
    private const int MaximumInFlight = 14;

    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan StillnessBound = TimeSpan.FromMinutes(2);

    private readonly SimulatedDatabase _database;
    private readonly TriggerMatrices _matrix;
    private readonly Random _random;
    private readonly List<Replica> _replicas = [];
    private readonly Dictionary<string, RandomCommands> _tenants;
    private readonly Faults _faults;
    private readonly LedgerOptions _options;
    private readonly bool _mayRace;
    private readonly int _size;
    private int _toSend;
    private int _oddities;
    private int _started;

    public Simulation(int seed, string name, SimulatedDatabase database, TriggerMatrices matrix)
    {
        (_database, _matrix, _random) = (database, matrix, new Random(seed));
        _size = _random.Next(2, 4);
        _toSend = _random.Next(15, 60);
        _oddities = _random.Next(0, 14);
        _tenants = new string[] { $"{name}-a", $"{name}-b" }.ToDictionary(tenant => tenant, tenant => new RandomCommands(tenant, new Random(_random.Next())));
        _faults = new Faults(_random, _random.Next(0, 9), database, MayDeliver, Trace);
        _mayRace = MayRace(seed);

        // Some lanes forget all the time, others nearly nothing.
        _options = new LedgerOptions
        {
            QueueLength = 12,
            MaximumBatchSize = _random.Next(2, 7),
            RememberedLevels = _random.Next(3) == 0 ? 6 : 1_000,
            RetryBudget = TimeSpan.FromMilliseconds(100),
        };
    }

    public List<Call> Calls { get; } = [];

    public IEnumerable<string> TenantIds => _tenants.Keys;

    public int Step { get; private set; }

    /// <summary>The database's time after each step.</summary>
    public List<DateTimeOffset> Times { get; } = [Start];

    public int Faults => _faults.Count;

    /// <summary>What happened, for whoever has to understand a failure.</summary>
    public List<string> Log { get; } = [];

    /// <summary>
    /// Where several backends wait for one row, PostgreSQL decides who gets it first, and not always alike. So in most
    /// histories no second one is let go while one waits.
    /// </summary>
    public static bool MayRace(int seed) => seed % 4 == 0;

    public async Task RunAsync()
    {
        try
        {
            foreach (var tenant in _tenants.Keys)
            {
                await _database.AddTenantAsync(tenant, RandomCommands.Locations);
            }

            await _database.SetTimeAsync(Start);
            while (Choose() is { } next)
            {
                if (++Step > MaximumSteps)
                {
                    throw new ViolationException("This history does not end: somebody gets no answer.");
                }

                Times.Add(Times[^1]);
                await next();
                await BecomeStillAsync();
                await ObserveAsync();
            }
        }
        finally
        {
            foreach (var replica in _replicas)
            {
                await replica.DisposeAsync();
            }

            Calls.ForEach(call => call.Attempts.ForEach(attempt => attempt.Dispose()));
        }
    }

    private IEnumerable<Replica> Live => _replicas.Where(each => !each.HasCrashed);

    /// <summary>Null where nothing is left to do.</summary>
    private Func<Task>? Choose()
    {
        var live = Live.ToList();
        if (live.Count == 0)
        {
            return StartReplicaAsync;
        }

        List<(int Weight, Func<Task> Action)> possible = [];
        var inFlight = live.Sum(each => each.Waiting.Count);
        if (inFlight < MaximumInFlight)
        {
            Add(_toSend > 0, 5, SendNextAsync);
            Add(Calls.Exists(each => each.NeedsRetry), 4, RetryAsync);
            Add(_oddities > 0 && Calls.Count > 0, 2, SendOddAsync);
        }

        foreach (var replica in live)
        {
            Add(replica.Wire.Session is { State: WireState.RequestHeld } session && MayDeliver(session), 4, () => DeliverAsync(replica));
            Add(replica.Wire.Session?.State == WireState.ResponseHeld, 4, () => AnswerAsync(replica));
            Add(replica.Clock.HasSleeper, 4, () => WakeAsync(replica));
            Add(replica.Wire.IsDown, 1, () => HealAsync(replica));
        }

        if (possible.Count == 0 && live.Count == _size)
        {
            return null;
        }

        Add(live.Count < _size, 2, StartReplicaAsync);
        Add(_toSend > 0, 1, PassTimeAsync);
        possible.AddRange(_faults.Possible(live).Select(fault => (1, fault)));
        var ticket = _random.Next(possible.Sum(each => each.Weight));
        return possible.First(each => (ticket -= each.Weight) < 0).Action;

        void Add(bool condition, int weight, Func<Task> action)
        {
            if (condition)
            {
                possible.Add((weight, action));
            }
        }
    }

    private bool MayDeliver(WireSession session) => _mayRace || session.IsInTransaction || !Backends.Any();

    /// <summary>Those that work or wait for a lock.</summary>
    private IEnumerable<WireSession> Backends => _replicas.SelectMany(each => each.Wire.Ghosts)
        .Concat(_replicas.Select(each => each.Wire.Session).OfType<WireSession>().Where(each => each.State == WireState.InServer));

    private Task SendNextAsync()
    {
        _toSend--;
        var call = Pick([.. _tenants.Values]).Next();
        Calls.Add(call);
        return SendAsync(call);
    }

    private Task RetryAsync() => SendAsync(Calls.First(each => each.NeedsRetry));

    /// <summary>A duplicate that nobody needed, another request under a used key, an impatient caller, or expiries.</summary>
    private async Task SendOddAsync()
    {
        _oddities--;
        var recorded = Calls.Where(each => each.Request is not null).ToArray();
        switch (_random.Next(6))
        {
            case <= 2 when recorded.Length > 0:
                await SendAsync(Pick(recorded));
                break;
            case 3 when recorded.Length > 0:
                var used = Pick(recorded);
                var other = _tenants[used.TenantId].Reuse(used);
                if (!other.Request!.Equals(used.Request))
                {
                    Calls.Add(other);
                    await SendAsync(other);
                }

                break;
            case 4 when Live.SelectMany(each => each.Waiting).ToArray() is { Length: > 0 } waiting:
                var attempt = Pick(waiting);
                Trace($"the caller of {attempt.Call.Name} gives up");
                attempt.GiveUp();
                break;
            default:
                await SweepAsync();
                break;
        }
    }

    /// <summary>The sweep asks for what is due, and what it found may have been extended since: so for some it is too early.</summary>
    private async Task SweepAsync()
    {
        var tenant = Pick([.. _tenants.Keys]);
        foreach (var number in await _database.OpenAsync(tenant, onlyDue: _random.Next(3) > 0))
        {
            var call = new Call(tenant, number);
            Calls.Add(call);
            await SendAsync(call);

            // A lane that was idle takes the first one by itself, and always so.
            await BecomeStillAsync();
        }
    }

    private Task SendAsync(Call call)
    {
        var replica = Pick([.. Live]);
        var attempt = new Attempt(call, Step);
        if (replica.TrySend(attempt))
        {
            call.Attempts.Add(attempt);
            Trace($"{replica.Name} <- {(call.Attempts.Count == 1 ? call : call.Name)}");
        }
        else
        {
            attempt.Dispose();
            Trace($"{replica.Name} has no place for {call.Name}");
        }

        return Task.CompletedTask;
    }

    private Task DeliverAsync(Replica replica)
    {
        Trace($"{replica.Name}: request to the database");
        return replica.Wire.Session!.DeliverAsync();
    }

    private Task AnswerAsync(Replica replica)
    {
        Trace($"{replica.Name}: answer from the database");
        return replica.Wire.Session!.AnswerAsync();
    }

    private Task WakeAsync(Replica replica)
    {
        Trace($"{replica.Name} tries again");
        replica.Clock.Wake();
        return Task.CompletedTask;
    }

    private Task HealAsync(Replica replica)
    {
        Trace($"{replica.Name} can reach the database again");
        replica.Wire.IsDown = false;
        return Task.CompletedTask;
    }

    private async Task StartReplicaAsync()
    {
        var name = $"replica {++_started}";
        var skew = TimeSpan.FromSeconds(_random.Next(-7_200, 7_200));
        Trace($"{name} starts, its clock wrong by {skew}");
        _replicas.Add(new Replica(name, _database, await _database.RentAsync(), _matrix, _options, Times[^1] + skew));
    }

    private async Task PassTimeAsync()
    {
        // Mostly too little for a lane to give up what it tries.
        var by = _random.Next(4) > 0 ? TimeSpan.FromMilliseconds(_random.Next(1, 20)) : TimeSpan.FromMinutes(_random.Next(1, 60));
        Trace($"{by} pass");
        Times[^1] += by;
        await _database.SetTimeAsync(Times[^1]);
        foreach (var replica in Live)
        {
            replica.Clock.Advance(by);
        }
    }

    /// <summary>Waits until nothing can happen by itself: every lane waits for the schedule, and every backend has answered or waits for a lock.</summary>
    private async Task BecomeStillAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var version = _database.Activity.Version;
            if (_replicas.TrueForAll(each => each.IsStill) && await AreBackendsStillAsync() && version == _database.Activity.Version)
            {
                return;
            }

            await _database.Activity.WaitAsync(TimeSpan.FromMilliseconds(2));
            if (TimeProvider.System.GetElapsedTime(began) > StillnessBound)
            {
                throw new ViolationException("A lane or a backend neither answers nor waits.");
            }
        }
    }

    private async Task<bool> AreBackendsStillAsync()
    {
        var working = Backends.Select(each => each.Backend).ToArray();
        if (working.Length == 0)
        {
            return true;
        }

        // Only who is inside a transaction and waits for the schedule can make others wait for long.
        return _replicas.Exists(each => each.Wire.Session is { IsInTransaction: true, State: not WireState.InServer })
            && await _database.AreBlockedAsync(working);
    }

    private async Task ObserveAsync()
    {
        foreach (var replica in _replicas)
        {
            if (replica.HasCrashed)
            {
                replica.Waiting.ForEach(attempt => attempt.IsOver = true);
                replica.Waiting.Clear();
            }

            foreach (var attempt in replica.Waiting.Where(each => each.Pending.Answer.IsCompleted).ToArray())
            {
                replica.Waiting.Remove(attempt);
                attempt.IsOver = true;
                if (attempt.Pending.Answer.IsCanceled)
                {
                    await OnDroppedAsync(attempt);
                }
                else
                {
                    OnAnswer(attempt, await attempt.Pending.Answer);
                }
            }
        }
    }

    private async Task OnDroppedAsync(Attempt attempt)
    {
        var call = attempt.Call;
        Trace($"{call.Name} was dropped");
        attempt.WasDropped = true;
        if (call.Attempts.TrueForAll(each => each.WasDropped)
            && !Calls.Exists(each => each != call && each.Key == call.Key && each.TenantId == call.TenantId)
            && await _database.IsAnsweredAsync(call.TenantId, call.Key))
        {
            throw new ViolationException($"{call} was dropped, and done all the same");
        }
    }

    private void OnAnswer(Attempt attempt, StockAnswer answer)
    {
        var call = attempt.Call;
        Trace($"{call.Name} is answered {Answers.Text(answer)}");
        switch (Answers.Reason(answer))
        {
            case Answers.Unavailable:
                break;
            case Answers.Failed:
                throw new ViolationException($"{call} failed");
            default:
                call.OnAnswer(answer, Step);
                if (answer.Response is { } response)
                {
                    _tenants[call.TenantId].Learn(response);
                }

                break;
        }
    }

    private void Trace(string what) => Log.Add($"{Step,4} {what}");

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];
}
