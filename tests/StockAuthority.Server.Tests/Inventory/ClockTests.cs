using Npgsql;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Inventory;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>A server whose clock is wrong, beside one whose clock is right, on the same tenant.</summary>
public sealed class ClockTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task A_clock_that_is_two_hours_ahead_expires_nothing_early()
    {
        var sku = await ledger.OpenAsync(10);
        var reserved = await ledger.Inventory.ReserveAsync(WithTimeToLive(Reserve(sku, 2), TimeSpan.FromHours(1)));

        await RunAsync(TimeSpan.FromHours(2), new StockCommand.Expire(StockRequests.ReservationNumber(reserved.Reservation.ReservationId)));

        (await ledger.ReservationAsync(reserved.Reservation.ReservationId)).State.ShouldBe(StockAuthority.Inventory.V1.ReservationState.Active);
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(2);
    }

    [Fact]
    public async Task A_clock_that_fell_back_shortens_nothing_that_is_held()
    {
        var sku = await ledger.OpenAsync(10);
        var key = new StockKey(sku, Ledger.Location);

        await RunAsync(TimeSpan.FromHours(-2), new StockCommand.Reserve(New("order"), null, null, [new Core.Inventory.StockLine(key, 3)], TimeSpan.FromHours(1)));

        await using var command = ledger.Database.DataSource.CreateCommand(
            "SELECT min(expire_at) > now() + interval '55 minutes' FROM reservations WHERE lines @> jsonb_build_array(jsonb_build_object('sku', $1))");
        command.Parameters.Add(new NpgsqlParameter { Value = sku });
        (await command.ExecuteScalarAsync()).ShouldBe(true);
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(3);
    }

    private async Task RunAsync(TimeSpan offset, StockCommand command)
    {
        await using var source = NpgsqlDataSource.Create(ledger.Database.ConnectionString);
        await using var lane = Lanes.Over(source, new WrongClock(offset));
        var pending = new AwaitedCommand(Tenant, New("key"), command, null, [], CancellationToken.None);
        lane.TryEnqueue(pending).ShouldBeTrue();
        lane.Complete();
        await lane.RunAsync(CancellationToken.None);
        (await pending.Answer).Refusal.ShouldBeNull();
    }

    private static ReserveRequest WithTimeToLive(ReserveRequest request, TimeSpan ttl)
    {
        request.Ttl = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(ttl);
        return request;
    }

    private sealed class WrongClock(TimeSpan offset) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + offset;
    }
}
