using System.Collections.Concurrent;
using System.Globalization;
using Google.Rpc;
using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.BadConditions;

/// <summary>What a caller was told who got no answer, and when.</summary>
/// <param name="Server">Which server said so.</param>
/// <param name="Code">The status.</param>
/// <param name="Reason">Its reason; empty where the status came from the connection.</param>
/// <param name="After">How long it took.</param>
internal sealed record Refused(int Server, StatusCode Code, string Reason, TimeSpan After);

/// <summary>
/// Checkouts that reserve, and then commit, release or leave it, until they are told to stop. Who gets no answer asks again
/// under the same key, the next server. At the end every balance must be what the answers add up to.
/// </summary>
internal sealed class Orders
{
    private const int Checkouts = 16;
    private const int Skus = 4;
    private const long Opening = 1_000_000;

    private static readonly TimeSpan AnswerBound = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Replicas _replicas;
    private readonly TimeSpan _deadline;
    private readonly Dictionary<string, Tally> _tallies = [];
    private readonly ConcurrentQueue<(ReserveRequest Request, ReserveResponse Answer)> _reserved = new();
    private volatile bool _isClosing;
    private Task _running = Task.CompletedTask;
    private int _answers;

    private Orders(Replicas replicas, TimeSpan deadline) => (_replicas, _deadline) = (replicas, deadline);

    /// <summary>Answers so far.</summary>
    public int Answers => Volatile.Read(ref _answers);

    public ConcurrentQueue<Refused> Refusals { get; } = new();

    /// <param name="replicas">The servers; the checkouts ask all of them in turn.</param>
    /// <param name="deadline">Of each call: longer than any server may take to refuse, unless a server is to say nothing at all.</param>
    public static async Task<Orders> StartAsync(Replicas replicas, TimeSpan? deadline = null)
    {
        var orders = new Orders(replicas, deadline ?? TimeSpan.FromSeconds(60));
        for (var number = 0; number < Skus; number++)
        {
            orders._tallies.Add(await OpenAsync(replicas.Inventories[0], Opening), new Tally());
        }

        orders._running = Task.WhenAll(Enumerable.Range(0, Checkouts).Select(checkout => Task.Run(() => orders.BuyAsync(checkout))));
        await orders.ProgressAsync();
        return orders;
    }

    /// <summary>Returns when so many more answers have come.</summary>
    public async Task ProgressAsync(int answers = 200)
    {
        var from = Answers;
        await Eventually.Holds(() => _running.IsCompleted || Answers >= from + answers, AnswerBound);
        if (_running.IsFaulted)
        {
            await _running;
        }
    }

    /// <summary>Lets every checkout get its last answer, and checks that nothing was lost or done twice.</summary>
    public async Task StopAsync()
    {
        _isClosing = true;
        await _running;
        foreach (var (sku, tally) in _tallies)
        {
            var level = await LevelAsync(_replicas.Inventories[0], sku);
            (level.Available, level.Reserved, level.Committed).ShouldBe((Opening - tally.Reserved + tally.Released, tally.Reserved - tally.Committed - tally.Released, tally.Committed));
        }

        (await _replicas.ReadAsync<long>("SELECT count(*) FROM reservations")).ShouldBe(_reserved.Count);

        // Whoever asks again, any server, is told what was said first.
        foreach (var (index, (request, answer)) in _reserved.Take(100).Concat(_reserved.TakeLast(100)).Index())
        {
            (await _replicas.Inventories[index % _replicas.Inventories.Count].ReserveAsync(request)).ShouldBe(answer);
        }

        await _replicas.VerifyAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Answers} answers, {Refusals.Count} refusals, the slowest after {Refusals.Select(each => each.After.TotalSeconds).DefaultIfEmpty().Max():0.00} s"));
    }

    /// <summary>Every refusal was the server's own word for what had happened, and came within this time.</summary>
    public void ShouldHaveBeenRefused(string reason, TimeSpan within, int? by = null)
    {
        var refusals = Refusals.Where(each => by is null || each.Server == by).ToList();
        refusals.ShouldAllBe(each => each.Reason == reason && each.Code == StatusCode.Unavailable);
        refusals.ShouldAllBe(each => each.After < within);
    }

    private async Task BuyAsync(int checkout)
    {
        var skus = _tallies.Keys.ToArray();
        for (var turn = checkout; !_isClosing; turn++)
        {
            var sku = skus[turn % skus.Length];
            var tally = _tallies[sku];
            var reserve = Reserve(sku, 1);
            var reserved = await AskAsync(turn, (server, options) => server.ReserveAsync(reserve, options));
            _reserved.Enqueue((reserve, reserved));
            Interlocked.Increment(ref tally.Reserved);
            switch (turn % 3)
            {
                case 0:
                    var commit = Commit(reserved.Reservation, Line(sku, 1));
                    await AskAsync(turn, (server, options) => server.CommitAsync(commit, options));
                    Interlocked.Increment(ref tally.Committed);
                    break;
                case 1:
                    var release = Release(reserved.Reservation, Line(sku, 1));
                    await AskAsync(turn, (server, options) => server.ReleaseAsync(release, options));
                    Interlocked.Increment(ref tally.Released);
                    break;
            }
        }
    }

    private async Task<T> AskAsync<T>(int turn, Func<InventoryService.InventoryServiceClient, CallOptions, AsyncUnaryCall<T>> call)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var attempt = turn; ; attempt++)
        {
            var server = attempt % _replicas.Inventories.Count;
            var asked = TimeProvider.System.GetTimestamp();
            try
            {
                var answer = await call(_replicas.Inventories[server], new CallOptions(deadline: (TimeProvider.System.GetUtcNow() + _deadline).UtcDateTime));
                Interlocked.Increment(ref _answers);
                return answer;
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded && TimeProvider.System.GetElapsedTime(started) < AnswerBound)
            {
                Refusals.Enqueue(new Refused(
                    server, error.StatusCode, error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? "", TimeProvider.System.GetElapsedTime(asked)));
                await Task.Delay(Pause, TimeProvider.System);
            }
        }
    }

    private sealed class Tally
    {
        public long Reserved;
        public long Committed;
        public long Released;
    }
}
