using Google.Rpc;
using Grpc.Core;
using Npgsql;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Server.Tests.Availability;

public sealed class AvailabilityOnRedisServerTests(OnRedisServer fixture) : AvailabilityTests(fixture), IClassFixture<OnRedisServer>;

public sealed class AvailabilityOnGarnetTests(OnGarnet fixture) : AvailabilityTests(fixture), IClassFixture<OnGarnet>;

/// <summary>What readers of levels are promised, whichever server keeps the cache.</summary>
public abstract class AvailabilityTests(CacheFixture fixture)
{
    private Stage Stage => fixture.Stage;

    [Fact]
    public async Task A_change_reaches_the_cache_right_after_its_commit()
    {
        var sku = Stage.NewSku();
        var changed = await Stage.AdjustAsync(sku, 5);

        var answer = await Stage.CachedAsync(sku, version: 1);

        answer.Level.ShouldBe(changed.Levels[0]);
        (await Stage.AdjustAsync(sku, -2)).Levels[0].Version.ShouldBe(2);
        (await Stage.CachedAsync(sku, version: 2)).Level.Available.ShouldBe(3);
    }

    [Fact]
    public async Task A_strong_read_has_every_acknowledged_change()
    {
        var sku = Stage.NewSku();
        for (var version = 1; version <= 20; version++)
        {
            var changed = await Stage.AdjustAsync(sku);

            var answer = await Stage.GetAsync(sku, ReadConsistency.Strong);

            answer.Source.ShouldBe(AvailabilitySource.Database);
            answer.Level.ShouldBe(changed.Levels[0]);
        }
    }

    [Fact]
    public async Task A_flushed_cache_answers_from_the_database_and_fills_again()
    {
        var sku = Stage.NewSku();
        await Stage.AdjustAsync(sku, 7);
        await Stage.CachedAsync(sku, version: 1);

        await Stage.FlushAsync();
        var missed = await Stage.GetAsync(sku);

        missed.Source.ShouldBe(AvailabilitySource.Database);
        missed.Level.Available.ShouldBe(7);
        (await Stage.CachedAsync(sku, version: 1)).Level.ShouldBe(missed.Level);
    }

    [Fact]
    public async Task A_key_without_stock_is_all_zero_and_is_cached_until_it_has_some()
    {
        var sku = Stage.NewSku();

        var first = await Stage.GetAsync(sku);
        var cached = await Stage.CachedAsync(sku, version: 0);

        first.Source.ShouldBe(AvailabilitySource.Database);
        first.Level.ShouldBe(new StockLevel { Sku = sku, LocationId = Stage.Location });
        cached.Level.ShouldBe(first.Level);
        await Stage.AdjustAsync(sku, 4);
        (await Stage.CachedAsync(sku, version: 1)).Level.Available.ShouldBe(4);
    }

    [Fact]
    public async Task Answers_come_in_the_order_of_the_keys_however_often_a_key_is_named()
    {
        var skus = Enumerable.Range(0, 100).Select(_ => Stage.NewSku()).ToArray();
        foreach (var sku in skus.Where((_, index) => index % 3 == 0))
        {
            await Stage.AdjustAsync(sku, 1);
        }

        string[] asked = [.. skus, .. skus.Reverse(), skus[5], skus[5]];
        foreach (var consistency in new[] { ReadConsistency.Unspecified, ReadConsistency.Strong })
        {
            var answers = await Stage.GetAsync(asked, consistency);

            answers.Select(answer => answer.Level.Sku).ShouldBe(asked);
            answers.Select(answer => answer.Level.Available).ShouldBe(asked.Select(sku => Array.IndexOf(skus, sku) % 3 == 0 ? 1L : 0L));
        }
    }

    [Fact]
    public async Task Names_that_hold_the_separators_of_entries_do_not_meet_in_one_entry()
    {
        (string Tenant, string Sku, string Location)[] keys =
        [
            ("s", "a/b", "x"), ("s/a", "b", "x"), ("s", "a%2Fb", "x"), ("s", "{a", "x"), ("s", "a}:x", "x"), ("s", "a", "x"), ("s", "a", "x}:x"), ("s", "ä{}/%", "x"),
        ];
        foreach (var tenant in keys.GroupBy(key => key.Tenant))
        {
            await Stage.PutTenantAsync(tenant.Key, [.. tenant.Select(key => key.Location).Distinct()]);
        }

        for (var index = 0; index < keys.Length; index++)
        {
            await Stage.AdjustAsync(keys[index].Sku, index + 1, keys[index].Tenant, keys[index].Location);
        }

        for (var index = 0; index < keys.Length; index++)
        {
            var answer = await Stage.CachedAsync(keys[index].Sku, version: 1, keys[index].Tenant, keys[index].Location);
            answer.Level.Available.ShouldBe(index + 1);
        }
    }

    [Fact]
    public async Task A_request_without_context_learns_of_every_bad_field()
    {
        var request = new GetAvailabilityRequest
        {
            Consistency = (ReadConsistency)9,
            Keys = { new AvailabilityKey { Sku = "a" }, new AvailabilityKey { LocationId = "b" } },
        };

        var error = await Should.ThrowAsync<RpcException>(async () => await new InventoryService.InventoryServiceClient(Stage.Channel).GetAvailabilityAsync(request));

        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Select(violation => violation.Field)
            .ShouldBe(["tenant_id", "consistency", "keys[0].location_id", "keys[1].sku"]);
    }

    [Fact]
    public async Task More_than_500_keys_are_refused()
    {
        var error = await Should.ThrowAsync<RpcException>(() => Stage.GetAsync(Enumerable.Range(0, 501).Select(index => $"k{index}")));

        error.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason.ShouldBe("TOO_MANY_KEYS");
        (await Stage.GetAsync(Enumerable.Range(0, 500).Select(index => $"k{index}"))).Count.ShouldBe(500);
    }

    [Fact]
    public async Task A_cache_that_dies_and_comes_back_changes_no_answer()
    {
        var sku = Stage.NewSku();
        await Stage.AdjustAsync(sku, 10);
        await Stage.CachedAsync(sku, version: 1);

        await Stage.Redis.StopAsync();
        try
        {
            for (var version = 2; version <= 20; version++)
            {
                var changed = await Stage.AdjustAsync(sku, 1);
                (await Stage.GetAsync(sku)).Level.ShouldBe(changed.Levels[0]);
            }
        }
        finally
        {
            await Stage.Redis.StartAsync();
        }

        (await Stage.CachedAsync(sku, version: 20)).Level.Available.ShouldBe(29);
    }

    [Fact]
    public async Task What_the_cache_answers_never_goes_back_while_it_changes()
    {
        const int Changes = 150;
        var sku = Stage.NewSku();
        var writers = Enumerable.Range(0, 3).Select(async _ =>
        {
            for (var change = 0; change < Changes / 3; change++)
            {
                await Stage.AdjustAsync(sku);
            }
        }).ToArray();
        var written = Task.WhenAll(writers);

        var readers = Enumerable.Range(0, 4).Select(async _ =>
        {
            var last = 0L;
            while (!written.IsCompleted)
            {
                var answer = await Stage.GetAsync(sku);
                if (answer.Source == AvailabilitySource.Cache)
                {
                    answer.Level.Version.ShouldBeGreaterThanOrEqualTo(last);
                    answer.Level.Available.ShouldBe(answer.Level.Version);
                    last = answer.Level.Version;
                }
            }
        });
        await Task.WhenAll(readers);
        await written;

        (await Stage.CachedAsync(sku, Changes)).Level.Available.ShouldBe(Changes);
    }

    [Fact]
    public async Task A_change_whose_process_died_before_the_refresh_reaches_the_cache()
    {
        var sku = Stage.NewSku();
        await Stage.AdjustAsync(sku, 3);
        await Stage.CachedAsync(sku, version: 1);

        // A replica without a cache: what it commits is never offered to ours, as if it had died right after the commit.
        var (server, channel) = await Stage.AddServerAsync("127.0.0.1:1");
        await Stage.AdjustAsync(sku, 4, through: channel);
        await server.KillAsync();

        (await Stage.CachedAsync(sku, version: 2)).Level.Available.ShouldBe(7);
    }

    [Fact]
    public async Task Those_who_miss_the_same_key_at_once_share_one_read()
    {
        var sku = Stage.NewSku();
        await using var superuser = NpgsqlDataSource.Create(Stage.Database.SuperuserConnectionString);
        await using var connection = await superuser.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var locking = new NpgsqlCommand("LOCK TABLE stock_levels IN ACCESS EXCLUSIVE MODE", connection, transaction))
        {
            await locking.ExecuteNonQueryAsync();
        }

        var reads = Enumerable.Range(0, 50).Select(_ => Stage.GetAsync(sku)).ToArray();
        await Eventually.Holds(async () => await WaitingReadsAsync(superuser) > 0);

        // None of the others may come after the first: seen often enough for all of them to have arrived.
        for (var look = 0; look < 20; look++)
        {
            (await WaitingReadsAsync(superuser)).ShouldBe(1);
        }

        await transaction.RollbackAsync();
        foreach (var answer in await Task.WhenAll(reads))
        {
            answer.Level.Version.ShouldBe(0);
        }
    }

    private static async Task<long> WaitingReadsAsync(NpgsqlDataSource superuser)
    {
        const string WaitingSql =
            """
            SELECT count(*)
            FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'stockauthority-reads' AND wait_event_type = 'Lock'
              AND query LIKE '%unnest%stock_levels%'
            """;
        await using var command = superuser.CreateCommand(WaitingSql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
