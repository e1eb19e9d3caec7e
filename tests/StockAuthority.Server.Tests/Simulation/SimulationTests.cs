using System.Collections.Concurrent;
using System.Globalization;
using Shouldly;
using StockAuthority.Core.Payments;
using StockAuthority.Server.Payments;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>
/// Random histories of the ledger: two or three replicas, each with its own lane, memory and clock, write two tenants on a
/// real PostgreSQL while connections break, backends end and replicas crash at every await of a lane. What callers were told and what the
/// database has is checked against a counting model, and against real time.
/// </summary>
/// <remarks>
/// A failing seed is printed. <c>STOCKAUTHORITY_SIMULATION_SEED=123 ./dev test SimulationTests</c> runs that one alone;
/// <c>STOCKAUTHORITY_SIMULATION_SEEDS=5000</c> runs so many, from that one on or from the first. They take a good while:
/// <c>STOCKAUTHORITY_TEST_MINUTES=60</c> gives it to them.
/// <para>
/// The seed decides what is asked for, who asks whom, what happens next whenever everything stands still, what breaks, and every clock,
/// the database's included: a wire between each lane and PostgreSQL holds every round trip until it is its turn. Not decided by it
/// are the order in which threads run within one step, which nothing here should depend on, and, in every fourth seed, which of
/// several backends that wait for one row gets it first.
/// </para>
/// </remarks>
public sealed class SimulationTests(TestPostgres databases)
{
    private const int StandardSeeds = 200;
    private const int FirstSeed = 1;
    private const int Workers = 2;
    private const int LinesOfLog = 60;

    private static readonly TriggerMatrices Matrix = TriggerMatrixFile.Load(Path.Combine(AppContext.BaseDirectory, "config/trigger-matrix.yaml"));

    private int _histories;
    private int _calls;
    private int _steps;
    private int _faults;
    private int _movements;

    [Fact]
    public async Task Whatever_breaks_every_command_is_done_once_and_in_the_order_that_its_callers_saw()
    {
        var seeds = new ConcurrentQueue<int>(Seeds());
        var failures = new ConcurrentBag<(int Seed, string Message)>();
        var began = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Math.Min(Workers, seeds.Count)).Select(_ => Task.Run(() => WorkAsync(seeds, failures))));
        if (!failures.IsEmpty)
        {
            Assert.Fail(failures.MinBy(each => each.Seed).Message);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_histories} histories: {_calls} calls, {_steps} steps, {_faults} faults, {_movements} movements in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s"));
    }

    [Fact]
    public async Task A_seed_makes_the_same_history_again()
    {
        const int Histories = 12;
        List<string> first = [], second = [];
        foreach (var log in (List<string>[])[first, second])
        {
            await using var database = await SimulatedDatabase.CreateAsync(databases);

            // The second time in another order, so that nothing that earlier histories left behind can matter.
            var seeds = Enumerable.Range(FirstSeed, Histories).Where(seed => !Simulation.MayRace(seed)).ToList();
            foreach (var seed in log == first ? seeds : Enumerable.Reverse(seeds))
            {
                var simulation = new Simulation(seed, $"seed-{seed}", database, Matrix);
                await simulation.RunAsync();
                log.Add(string.Join('\n', simulation.Log));
            }
        }

        second.Reverse();
        second.ShouldBe(first);
    }

    private async Task WorkAsync(ConcurrentQueue<int> seeds, ConcurrentBag<(int Seed, string Message)> failures)
    {
        await using var database = await SimulatedDatabase.CreateAsync(databases);
        while (failures.IsEmpty && seeds.TryDequeue(out var seed))
        {
            var simulation = new Simulation(seed, $"seed-{seed}", database, Matrix);
            try
            {
                await simulation.RunAsync();
                foreach (var tenant in simulation.TenantIds)
                {
                    var stored = await StoredLedger.ReadAsync(database.DataSource, tenant);
                    HistoryCheck.Run(tenant, stored, simulation.Calls, simulation.Times);
                    Interlocked.Add(ref _movements, stored.Movements.Count);
                }

                Count(simulation);
            }
            catch (Exception error)
            {
                failures.Add((seed, Describe(seed, simulation, error)));
                return;
            }
        }
    }

    private void Count(Simulation simulation)
    {
        Interlocked.Increment(ref _histories);
        Interlocked.Add(ref _calls, simulation.Calls.Count);
        Interlocked.Add(ref _steps, simulation.Step);
        Interlocked.Add(ref _faults, simulation.Faults);
    }

    private static string Describe(int seed, Simulation simulation, Exception error) =>
        $"""
        Seed {seed} failed at step {simulation.Step}. Replay: STOCKAUTHORITY_SIMULATION_SEED={seed} ./dev test {nameof(SimulationTests)}
        {(error is ViolationException ? error.Message : error)}
        The last {LinesOfLog} of {simulation.Log.Count} lines of what happened:
        {string.Join('\n', simulation.Log.TakeLast(LinesOfLog))}
        """;

    private static IEnumerable<int> Seeds()
    {
        var first = TestSettings.Number("STOCKAUTHORITY_SIMULATION_SEED");
        return Enumerable.Range(first ?? FirstSeed, TestSettings.Number("STOCKAUTHORITY_SIMULATION_SEEDS") ?? (first is null ? StandardSeeds : 1));
    }
}
