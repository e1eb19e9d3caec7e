using Grpc.Core;
using Shouldly;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.BadConditions;

/// <summary>A database that ends transactions, sessions or itself.</summary>
[Collection(nameof(OneAtATime))]
public sealed class DatabaseFaultTests(TestPostgres databases)
{
    /// <summary>The budget of the server, and as much again for a machine that is busy.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    public async Task A_batch_that_loses_a_conflict_is_run_again_and_done_once(string sqlState)
    {
        await using var replicas = await Replicas.StartAsync(databases, 1);
        var inventory = replicas.Inventories[0];
        var sku = await OpenAsync(inventory, 10);

        // The sequence counts on through the rollbacks.
        await FailAsync(replicas, sqlState, "nextval('conflicts') <= 3");
        var request = Reserve(sku, 2);
        var answer = await inventory.ReserveAsync(request);

        (await replicas.ReadAsync<long>("SELECT last_value FROM conflicts")).ShouldBeGreaterThan(3);
        (await inventory.ReserveAsync(request)).ShouldBe(answer);
        (await LevelAsync(inventory, sku)).Reserved.ShouldBe(2);
        await replicas.VerifyAsync();
    }

    [Fact]
    public async Task A_conflict_that_does_not_end_is_refused_by_name_and_done_once_when_it_has()
    {
        await using var replicas = await Replicas.StartAsync(databases, 1);
        var inventory = replicas.Inventories[0];
        var sku = await OpenAsync(inventory, 10);
        await FailAsync(replicas, "40001", "true");
        var request = Reserve(sku, 2);

        var started = TimeProvider.System.GetTimestamp();
        var (code, info, status) = await RefusalAsync(inventory.ReserveAsync(request));

        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(Quick);
        (code, info.Reason).ShouldBe((StatusCode.Unavailable, "DATABASE_UNAVAILABLE"));
        status.GetDetail<Google.Rpc.RetryInfo>().ShouldNotBeNull();
        (await LevelAsync(inventory, sku)).Reserved.ShouldBe(0);
        await replicas.ExecuteAsync("DROP TRIGGER conflict ON outcomes");
        await inventory.ReserveAsync(request);
        (await LevelAsync(inventory, sku)).Reserved.ShouldBe(2);
        await replicas.VerifyAsync();
    }

    /// <summary>Somebody with a console takes a level and then its tenant; the server takes them the other way around.</summary>
    [Fact]
    public async Task A_deadlock_with_an_outsider_costs_nobody_an_error()
    {
        await using var replicas = await Replicas.StartAsync(databases, 1, each => each.ExecuteAsync($"ALTER DATABASE {each.Database.Name} SET deadlock_timeout = '500ms'"));
        var inventory = replicas.Inventories[0];
        var sku = await OpenAsync(inventory, 1_000);
        var reserved = 0;

        // The server looks for a deadlock once, half a second after it began to wait; on a busy machine we may come later than that.
        await Eventually.Holds(async () =>
        {
            await using var outsider = await replicas.Superuser.OpenConnectionAsync();
            await Replicas.ExecuteAsync(outsider, "SET deadlock_timeout = '1min'; BEGIN; SELECT FROM stock_levels FOR UPDATE");
            var reserving = inventory.ReserveAsync(Reserve(sku, 1)).ResponseAsync;
            await Eventually.Holds(replicas.LaneWaitsAsync);
            await Replicas.ExecuteAsync(outsider, "SELECT FROM tenants FOR UPDATE; COMMIT");
            await reserving;
            reserved++;
            return (await File.ReadAllTextAsync(replicas.Servers[0].LogFile)).Contains("40P01", StringComparison.Ordinal);
        });

        (await LevelAsync(inventory, sku)).Reserved.ShouldBe(reserved);
        await replicas.VerifyAsync();
    }

    [Fact]
    public async Task A_read_whose_session_was_ended_meanwhile_is_answered_over_another()
    {
        await using var replicas = await Replicas.StartAsync(databases, 1);
        var inventory = replicas.Inventories[0];
        var sku = await OpenAsync(inventory, 3);

        // Some at once, so that the pool has several.
        (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => LevelAsync(inventory, sku)))).ShouldAllBe(level => level.Available == 3);
        await replicas.ReadAsync<long>(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'stockauthority-reads' AND datname = current_database()");

        (await LevelAsync(inventory, sku)).Available.ShouldBe(3);
    }

    [Fact]
    public async Task Sessions_that_are_terminated_again_and_again_under_load_cost_nobody_anything()
    {
        await using var replicas = await Replicas.StartAsync(databases, 2);
        var orders = await Orders.StartAsync(replicas);

        for (var time = 0; time < 10; time++)
        {
            await replicas.ReadAsync<long>(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'stockauthority-%' AND datname = current_database()");
            await orders.ProgressAsync(20);
        }

        await orders.StopAsync();
        orders.Refusals.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_database_that_is_away_under_load_is_named_quickly_and_nothing_is_lost_or_doubled()
    {
        await using var postgres = TestPostgres.With(DevHost.Postgres.PostgresSettings.Fast);
        await using var replicas = await Replicas.StartAsync(postgres, 2);
        var cluster = await postgres.ClusterAsync();
        var orders = await Orders.StartAsync(replicas);

        // Disconnects everyone, as an operator who restarts it does.
        await cluster.StopAsync();
        await Eventually.Holds(() => orders.Refusals.Count > 500, TimeSpan.FromSeconds(60));
        await cluster.StartAsync();
        await orders.ProgressAsync();

        await orders.StopAsync();
        orders.ShouldHaveBeenRefused("DATABASE_UNAVAILABLE", Quick);

        // Only the first wait for the budget; once it is known to be away, who asks is told at once.
        orders.Refusals.Select(each => each.After).Order().ElementAt(orders.Refusals.Count / 2).ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    private static Task FailAsync(Replicas replicas, string sqlState, string condition) => replicas.ExecuteAsync(
        $"""
        CREATE SEQUENCE conflicts;
        CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            IF {condition} THEN
                RAISE EXCEPTION 'conflict' USING ERRCODE = '{sqlState}';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER conflict BEFORE INSERT ON outcomes FOR EACH STATEMENT EXECUTE FUNCTION conflict();
        """);
}
