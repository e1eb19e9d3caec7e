using Npgsql;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Inventory;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.BadConditions;

/// <summary>A replica whose clock jumps an hour ahead, and back again, beside one whose clock is right.</summary>
[Collection(nameof(OneAtATime))]
public sealed class ReplicaClockTests(TestPostgres databases)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Hold = TimeSpan.FromMinutes(15);

    [Fact]
    public async Task A_clock_that_jumps_an_hour_and_back_ends_no_hold_early_and_no_time_goes_back()
    {
        await using var replicas = await Replicas.StartAsync(databases, 1);
        var right = replicas.Inventories[0];
        var sku = await OpenAsync(right, 1_000);
        var clock = new JumpingClock();
        await using var source = NpgsqlDataSource.Create(replicas.Database.ConnectionString);
        await using var lane = Lanes.Over(source, clock);
        var running = lane.RunAsync(CancellationToken.None);
        List<string> held = [];
        foreach (var offset in (TimeSpan[])[TimeSpan.Zero, Hour, TimeSpan.Zero, -Hour, TimeSpan.Zero, Hour])
        {
            clock.Offset = offset;
            for (var turn = 0; turn < 5; turn++)
            {
                var reserve = Reserve(sku, 1);
                reserve.Ttl = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(Hold);
                held.Add((await right.ReserveAsync(reserve)).Reservation.ReservationId);
                await RunAsync(lane, new StockCommand.Reserve(New("order"), null, null, [new StockLine(new StockKey(sku, Ledger.Location), 1)], Hold));
            }

            // By this replica's clock some of them may be long over.
            foreach (var id in held)
            {
                await RunAsync(lane, new StockCommand.Expire(StockRequests.ReservationNumber(id)));
            }
        }

        lane.Complete();
        await running;
        (await LevelAsync(right, sku)).Reserved.ShouldBe(60);
        (await replicas.ReadAsync<long>("SELECT count(*) FROM reservations WHERE state <> 1 OR expire_at < now() + interval '10 minutes'")).ShouldBe(0);
        (await replicas.ReadAsync<long>(
            "SELECT count(*) FROM movements m JOIN movements earlier ON earlier.tenant_id = m.tenant_id AND earlier.sequence = m.sequence - 1 WHERE m.recorded_at < earlier.recorded_at"))
            .ShouldBe(0);
        await replicas.VerifyAsync();
    }

    private static async Task RunAsync(Lane lane, StockCommand command)
    {
        var pending = new AwaitedCommand(Tenant, New("key"), command, null, [], CancellationToken.None);
        lane.TryEnqueue(pending).ShouldBeTrue();
        (await pending.Answer).Refusal.ShouldBeNull();
    }

    private sealed class JumpingClock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
    }
}
