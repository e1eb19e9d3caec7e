namespace StockAuthority.Server.Tests.Simulation;

/// <summary>What can break next, wherever a lane waits. There are only so many of them in a history, so that it ends.</summary>
internal sealed class Faults(Random random, int budget, SimulatedDatabase database, Func<WireSession, bool> mayDeliver, Action<string> trace)
{
    private readonly int _budget = budget;
    private int _left = budget;

    /// <summary>How many there have been.</summary>
    public int Count => _budget - _left;

    public IEnumerable<Func<Task>> Possible(IReadOnlyList<Replica> live)
    {
        if (_left == 0)
        {
            yield break;
        }

        foreach (var replica in live)
        {
            if (live.Count > 1)
            {
                yield return () => CrashAsync(replica);
            }

            if (replica.Wire.Session is not { Backend: > 0 } session)
            {
                continue;
            }

            yield return () => CutAsync(replica, session);
            yield return () => TerminateAsync(replica, session);
            if (session.State == WireState.InServer)
            {
                yield return () => CancelAsync(replica, session);
            }

            // Most failures are during a round trip, not between two.
            if (session.State != WireState.Idle)
            {
                yield return () => CutAsync(replica, session);
                yield return () => CutAsync(replica, session);
                yield return () => SeverAsync(replica, session);
            }

            yield return () => SetClockAsync(replica);
        }
    }

    private Task CrashAsync(Replica replica)
    {
        var delivered = Delivered(replica.Wire.Session);
        Tell($"{replica.Name} crashes in state {replica.Wire.Session?.State}, {delivered:0.00} of its request delivered");
        return replica.CrashAsync(delivered);
    }

    /// <summary>The connection breaks. A held request arrives not at all, in part, or whole: then it is done, and nobody is told.</summary>
    private Task CutAsync(Replica replica, WireSession session)
    {
        var delivered = Delivered(session);
        Tell($"{replica.Name} loses its connection in state {session.State}, {delivered:0.00} of its request delivered");
        return session.CutAsync(delivered);
    }

    /// <summary>The connection breaks, and no other is to be had for a while.</summary>
    private Task SeverAsync(Replica replica, WireSession session)
    {
        replica.Wire.IsDown = true;
        return CutAsync(replica, session);
    }

    private Task TerminateAsync(Replica replica, WireSession session)
    {
        Tell($"the backend of {replica.Name} is terminated in state {session.State}");
        return EndAsync();

        async Task EndAsync()
        {
            await database.TerminateAsync(session.Backend);
            while (!session.HasLostBackend)
            {
                await database.Activity.WaitAsync(TimeSpan.FromMilliseconds(2));
            }
        }
    }

    private Task CancelAsync(Replica replica, WireSession session)
    {
        Tell($"what the backend of {replica.Name} waits for is cancelled");
        return EndAsync();

        async Task EndAsync()
        {
            await database.CancelAsync(session.Backend);
            while (session.State == WireState.InServer)
            {
                await database.Activity.WaitAsync(TimeSpan.FromMilliseconds(2));
            }
        }
    }

    private Task SetClockAsync(Replica replica)
    {
        var by = TimeSpan.FromSeconds(random.Next(-7_200, 7_200));
        Tell($"the clock of {replica.Name} is set by {by}");
        replica.Clock.Set(by);
        return Task.CompletedTask;
    }

    private double Delivered(WireSession? session) => random.Next(3) switch
    {
        _ when session is null || !mayDeliver(session) => 0,
        0 => 0,
        1 => 1,
        _ => random.NextDouble(),
    };

    private void Tell(string what)
    {
        _left--;
        trace("FAULT " + what);
    }
}
