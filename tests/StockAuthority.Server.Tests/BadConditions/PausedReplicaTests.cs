using Npgsql;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.BadConditions;

/// <summary>
/// A server that is stopped in the middle of something and goes on much later, or never. Others must not wait for it, and
/// what it had half done must not reach what they have done since.
/// </summary>
[Collection(nameof(OneAtATime))]
public sealed class PausedReplicaTests(TestPostgres databases)
{
    /// <summary>A second's wait for the lock, and a busy machine.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task A_server_paused_while_it_holds_the_tenants_head_keeps_others_waiting_for_a_moment_only()
    {
        await using var replicas = await Replicas.StartAsync(databases, 2);
        var (paused, other) = (replicas.Inventories[0], replicas.Inventories[1]);
        var sku = await OpenAsync(paused, 10);
        var reserved = await paused.ReserveAsync(Reserve(sku, 4));

        // A Commit reads first: the head is locked by then, and the reservations are what it waits for.
        Task<CommitResponse> committing;
        await using (var outsider = await replicas.Superuser.OpenConnectionAsync())
        {
            await Replicas.ExecuteAsync(outsider, "BEGIN; LOCK TABLE reservations IN ACCESS EXCLUSIVE MODE");
            committing = paused.CommitAsync(Commit(reserved.Reservation, Line(sku, 4))).ResponseAsync;
            await Eventually.Holds(replicas.LaneWaitsAsync);
            replicas.Servers[0].Pause();
        }

        await Eventually.Holds(() => replicas.ReadAsync<bool>(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'stockauthority-ledger' AND datname = current_database() AND state = 'idle in transaction')"));
        await AnswersQuicklyAsync(other, sku, 5);
        replicas.Servers[0].Continue();

        // Decided again, on what the other one left.
        (await committing).Levels.Single().Available.ShouldBe(1);
        await ShouldBeAsync(replicas, sku, (1, 5, 4));
    }

    [Fact]
    public async Task A_server_paused_in_the_middle_of_sending_its_batch_keeps_others_waiting_for_a_moment_only()
    {
        await using var replicas = await Replicas.StartAsync(databases, 1);
        var other = replicas.Inventories[0];
        var direct = new NpgsqlConnectionStringBuilder(replicas.Database.ConnectionString);
        await using var proxy = new DatabaseProxy(direct.Port);
        direct.Port = proxy.Port;
        await replicas.AddAsync(direct.ConnectionString);
        var paused = replicas.Inventories[1];
        var sku = await OpenAsync(paused, 10);

        // One round trip, COMMIT at its end.
        await paused.ReserveAsync(Reserve(sku, 1));
        var goOn = new TaskCompletionSource();
        proxy.Stall(goOn);
        var reserving = paused.ReserveAsync(Reserve(sku, 2)).ResponseAsync;
        await Eventually.Holds(() => proxy.IsStalling);
        await AnswersQuicklyAsync(other, sku, 3);
        goOn.SetResult();

        (await reserving).Levels.Single().Available.ShouldBe(4);
        await ShouldBeAsync(replicas, sku, (4, 6, 0));
    }

    [Fact]
    public async Task A_server_paused_while_it_commits_goes_on_from_what_others_have_made_of_it()
    {
        await using var replicas = await Replicas.StartAsync(databases, 2);
        var (paused, other) = (replicas.Inventories[0], replicas.Inventories[1]);
        var sku = await OpenAsync(paused, 10);
        await paused.ReserveAsync(Reserve(sku, 1));
        Task<ReserveResponse> reserving;
        await using (var outsider = await replicas.Superuser.OpenConnectionAsync())
        {
            await Replicas.ExecuteAsync(outsider, "BEGIN; SELECT FROM stock_levels FOR UPDATE");
            reserving = paused.ReserveAsync(Reserve(sku, 2)).ResponseAsync;
            await Eventually.Holds(replicas.LaneWaitsAsync);
            replicas.Servers[0].Pause();
        }

        // It has been sent as a whole, so it is committed whoever sleeps.
        await AnswersQuicklyAsync(other, sku, 3);
        replicas.Servers[0].Continue();

        (await reserving).Levels.Single().Available.ShouldBe(7);
        (await paused.ReserveAsync(Reserve(sku, 4))).Levels.Single().Available.ShouldBe(0);
        await ShouldBeAsync(replicas, sku, (0, 10, 0));
    }

    [Fact]
    public async Task Servers_paused_in_turn_under_load_lose_and_double_nothing()
    {
        await using var replicas = await Replicas.StartAsync(databases, 2);
        var orders = await Orders.StartAsync(replicas, deadline: TimeSpan.FromSeconds(3));

        for (var turn = 0; turn < 2; turn++)
        {
            var asleep = turn % 2;
            replicas.Servers[asleep].Pause();
            await orders.ProgressAsync(80);
            replicas.Servers[asleep].Continue();
            await orders.ProgressAsync(50);
        }

        await orders.StopAsync();
    }

    private static async Task AnswersQuicklyAsync(InventoryService.InventoryServiceClient inventory, string sku, long quantity)
    {
        var started = TimeProvider.System.GetTimestamp();
        await inventory.ReserveAsync(Reserve(sku, quantity));
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(Quick);
    }

    private static async Task ShouldBeAsync(Replicas replicas, string sku, (long Available, long Reserved, long Committed) expected)
    {
        var level = await LevelAsync(replicas.Inventories[0], sku);
        (level.Available, level.Reserved, level.Committed).ShouldBe(expected);
        await replicas.VerifyAsync();
    }
}
