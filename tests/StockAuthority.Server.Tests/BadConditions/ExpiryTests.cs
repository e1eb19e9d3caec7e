using System.Globalization;
using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.BadConditions;

/// <summary>Reservations whose time runs out: soon after it, once, and beside the callers, not before them.</summary>
[Collection(nameof(OneAtATime))]
public sealed class ExpiryTests(TestPostgres databases)
{
    /// <summary>How many are due at one instant; set it to 100000 to measure, and look at what the test prints.</summary>
    private static readonly int Many = int.Parse(Environment.GetEnvironmentVariable("STOCKAUTHORITY_TEST_EXPIRIES") ?? "10000", CultureInfo.InvariantCulture);

    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task An_expiry_is_done_within_a_second_of_its_time_and_never_before()
    {
        await using var replicas = await Replicas.StartAsync(databases, 2);
        var sku = await OpenAsync(replicas.Inventories[0], 100);
        for (var number = 0; number < 10; number++)
        {
            await replicas.Inventories[number % 2].ReserveAsync(For(sku, TimeSpan.FromMilliseconds(1_000 + (130 * number))));
        }

        await Eventually.Holds(async () => (await LevelAsync(replicas.Inventories[0], sku)).Available == 100);

        const string LagSql = "SELECT extract(epoch FROM percentile_cont({0}) WITHIN GROUP (ORDER BY closed_at - expire_at))::double precision FROM reservations";
        var first = await replicas.ReadAsync<double>(string.Format(CultureInfo.InvariantCulture, LagSql, 0));
        var middle = await replicas.ReadAsync<double>(string.Format(CultureInfo.InvariantCulture, LagSql, 0.5));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"after its time: first {first:0.000} s, median {middle:0.000} s"));
        first.ShouldBeGreaterThanOrEqualTo(0);
        middle.ShouldBeLessThan(1);
        await replicas.VerifyAsync();
    }

    [Fact]
    public async Task Thousands_that_are_due_at_once_expire_once_each_while_others_reserve()
    {
        await using var replicas = await Replicas.StartAsync(databases, 2);
        var held = await OpenAsync(replicas.Inventories[0], Many);
        var sold = await OpenAsync(replicas.Inventories[0], 1_000_000);
        await HoldAsync(replicas.Inventories[0], held);
        var shop = new SteadyReserves(replicas.Inventories, sold);
        await shop.RunAsync("first ones", () => Task.FromResult(shop.Count >= 500));
        await shop.RunAsync("before", () => Task.FromResult(shop.Count >= 500));

        await replicas.ExecuteAsync($$"""
            WITH due AS (
                UPDATE reservations SET expire_at = now() + interval '1 second' WHERE lines @> '[{"sku": "{{held}}"}]'
                RETURNING expire_at, tenant_id, reservation_number)
            INSERT INTO expiries SELECT min(expire_at), tenant_id, array_agg(reservation_number) FROM due GROUP BY tenant_id, reservation_number / 50
            """);
        var started = TimeProvider.System.GetTimestamp();
        await shop.RunAsync("meanwhile", async () => await replicas.ReadAsync<long>($"SELECT available FROM stock_levels WHERE sku = '{held}'") == Many);

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Many} expiries in {TimeProvider.System.GetElapsedTime(started).TotalSeconds - 1:0.0} s; {shop}"));
        (await replicas.ReadAsync<long>("SELECT count(DISTINCT reservation_number) FROM movements WHERE operation = 6")).ShouldBe(Many);
        (await replicas.ReadAsync<long>("SELECT count(*) FROM movements WHERE operation = 6")).ShouldBe(Many);
        (await replicas.ReadAsync<long>("SELECT count(*) FROM reservations WHERE state = 5 AND closed_at < expire_at")).ShouldBe(0);
        (await LevelAsync(replicas.Inventories[1], sold)).Reserved.ShouldBe(shop.Total);
        await replicas.VerifyAsync();
    }

    [Fact]
    public async Task What_was_committed_or_extended_before_its_time_stays_and_only_what_is_still_planned_is_kept()
    {
        await using var replicas = await Replicas.StartAsync(databases, 2);
        var inventory = replicas.Inventories[0];
        var sku = await OpenAsync(inventory, 3);
        var time = TimeSpan.FromSeconds(2);
        var left = (await inventory.ReserveAsync(For(sku, time))).Reservation.ReservationId;
        var request = For(sku, time);
        var committed = (await inventory.ReserveAsync(request)).Reservation.ReservationId;
        var extended = (await inventory.ReserveAsync(For(sku, time))).Reservation.ReservationId;
        await inventory.CommitAsync(new CommitRequest { TenantId = Tenant, IdempotencyKey = New("key"), ReservationId = committed, Lines = { request.Lines } });
        await inventory.ExtendReservationAsync(new ExtendReservationRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("key"),
            ReservationId = extended,
            Ttl = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromHours(1)),
        });

        await Eventually.Holds(async () => await replicas.ReadAsync<long>("SELECT count(*) FROM expiries WHERE expire_at < now() + interval '1 minute'") == 0);

        (await StateAsync(left)).ShouldBe(ReservationState.Expired);
        (await StateAsync(committed)).ShouldBe(ReservationState.Committed);
        (await StateAsync(extended)).ShouldBe(ReservationState.Active);
        (await replicas.ReadAsync<long>("SELECT count(*) FROM expiries")).ShouldBe(1);
        (await LevelAsync(inventory, sku)).Available.ShouldBe(1);
        await replicas.VerifyAsync();

        async Task<ReservationState> StateAsync(string id) =>
            (await inventory.GetReservationAsync(new GetReservationRequest { TenantId = Tenant, ReservationId = id })).Reservation.State;
    }

    private static ReserveRequest For(string sku, TimeSpan time)
    {
        var request = Reserve(sku, 1);
        request.Ttl = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(time);
        return request;
    }

    private static async Task HoldAsync(InventoryService.InventoryServiceClient inventory, string sku)
    {
        using var stream = inventory.Execute();
        var outcomes = 0;
        var reading = Task.Run(async () =>
        {
            await foreach (var response in stream.ResponseStream.ReadAllAsync())
            {
                response.Outcomes.ShouldAllBe(outcome => outcome.ResultCase == ExecuteOutcome.ResultOneofCase.Brief);
                outcomes += response.Outcomes.Count;
            }
        });
        foreach (var chunk in Enumerable.Range(0, Many).Chunk(500))
        {
            await stream.RequestStream.WriteAsync(new ExecuteRequest
            {
                TenantId = Tenant,
                Detail = OutcomeDetail.Brief,
                Commands = { chunk.Select(_ => new ExecuteCommand { Reserve = Reserve(sku, 1) }) },
            });
        }

        await stream.RequestStream.CompleteAsync();
        await reading.WaitAsync(Bound);
        outcomes.ShouldBe(Many);
    }
}
