using Grpc.Core;
using Npgsql;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>What a lane does when its database, a command or its callers misbehave.</summary>
public sealed class FaultTests(Ledger ledger, TestPostgres databases) : IClassFixture<Ledger>
{
    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_answered_truly_and_done_once()
    {
        await using var database = await databases.CreateDatabaseAsync();
        var direct = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var proxy = new DatabaseProxy(direct.Port);
        direct.Port = proxy.Port;
        await using var server = await ServerProcess.StartAsync(direct.ConnectionString, NoRedis);
        using var channel = await server.ChannelAsync();
        await RegisterAsync(channel);
        var inventory = new InventoryService.InventoryServiceClient(channel);
        var sku = await OpenAsync(inventory, 10);

        proxy.CutCommit();
        var response = await inventory.ReserveAsync(Reserve(sku, 1));

        proxy.Cuts.ShouldBe(1);
        response.Reservation.State.ShouldBe(ReservationState.Active);
        (await LevelAsync(inventory, sku)).Reserved.ShouldBe(1);
    }

    [Fact]
    public async Task A_command_that_the_database_rejects_fails_alone()
    {
        var (good, poison) = (await ledger.OpenAsync(1_000), await ledger.OpenAsync(1_000));
        await ExecuteAsync(
            $"""
            CREATE FUNCTION reject_poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$;
            CREATE TRIGGER poison BEFORE INSERT ON movements FOR EACH ROW WHEN (NEW.sku = '{poison}') EXECUTE FUNCTION reject_poison();
            """);
        try
        {
            List<Task<ReserveResponse>> fine = [];
            Task<(StatusCode Code, Google.Rpc.ErrorInfo Info, Google.Rpc.Status Status)>? failing = null;
            await WhileAnotherReplicaWritesAsync(() =>
            {
                // Behind the lock these gather in one batch.
                fine.AddRange(Enumerable.Range(0, 20).Select(_ => ledger.Inventory.ReserveAsync(Reserve(good, 1)).ResponseAsync));
                failing = RefusalAsync(ledger.Inventory.ReserveAsync(Reserve(poison, 1)));
                fine.AddRange(Enumerable.Range(0, 20).Select(_ => ledger.Inventory.ReserveAsync(Reserve(good, 1)).ResponseAsync));
                return Task.CompletedTask;
            });

            await Task.WhenAll(fine);
            var (code, info, _) = await failing!;
            (code, info.Reason).ShouldBe((StatusCode.Internal, "COMMAND_FAILED"));
        }
        finally
        {
            await ExecuteAsync("DROP TRIGGER poison ON movements; DROP FUNCTION reject_poison()");
        }

        (await ledger.LevelAsync(good)).Reserved.ShouldBe(40);
        (await ledger.LevelAsync(poison)).Reserved.ShouldBe(0);
    }

    [Fact]
    public async Task A_caller_whose_deadline_passed_before_the_decision_changes_nothing()
    {
        var (sku, other) = (await ledger.OpenAsync(10), await ledger.OpenAsync(10));
        Task<ReserveResponse>? ahead = null;
        await WhileAnotherReplicaWritesAsync(async () =>
        {
            // What is on its way to the database cannot be let go. What queues behind it can, decided or not.
            ahead = ledger.Inventory.ReserveAsync(Reserve(other, 1)).ResponseAsync;
            await Eventually.Holds(LaneWaitsAsync);
            await GiveUpAsync(Reserve(sku, 1));

            // The caller's clock runs out a moment before the server's does; by the end of a second wait both have.
            await GiveUpAsync(Reserve(other, 1));
        });
        await ahead!;

        // A later command of the same tenant has been decided, so the earlier one has had its turn.
        await ledger.Inventory.ReserveAsync(Reserve(sku, 2));
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(2);
    }

    [Fact]
    public async Task What_was_decided_on_top_of_an_overtaken_batch_is_decided_anew()
    {
        var sku = await ledger.OpenAsync(10);
        await ledger.Inventory.ReserveAsync(Reserve(sku, 1));
        Task<ReserveResponse>? first = null, second = null, third = null;
        await WhileAnotherReplicaWritesAsync(async () =>
        {
            first = ledger.Inventory.ReserveAsync(Reserve(sku, 6)).ResponseAsync;
            await Eventually.Holds(LaneWaitsAsync);

            // Whichever of the two comes first: 4 are too many, and 3 are there.
            second = ledger.Inventory.ReserveAsync(Reserve(sku, 4)).ResponseAsync;
            third = ledger.Inventory.ReserveAsync(Reserve(sku, 3)).ResponseAsync;
        });

        (await first!).Levels[0].Available.ShouldBe(3);
        (await Should.ThrowAsync<RpcException>(() => second!)).GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason.ShouldBe("INSUFFICIENT_STOCK");
        (await third!).Levels[0].Available.ShouldBe(0);
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(10);
    }

    [Fact]
    public async Task A_full_queue_refuses_quickly_and_says_when_to_come_back()
    {
        await using var server = await ServerProcess.StartAsync(
            ledger.Database.ConnectionString,
            NoRedis,
            new Dictionary<string, string> { ["Ledger__QueueLength"] = "8", ["Ledger__MaximumBatchSize"] = "8" });
        using var channel = await server.ChannelAsync();
        var inventory = new InventoryService.InventoryServiceClient(channel);
        var sku = await ledger.OpenAsync(1_000);
        List<Task<string?>> asking = [];

        await WhileAnotherReplicaWritesAsync(async () =>
        {
            asking.AddRange(Enumerable.Range(0, 60).Select(_ => AskAsync(inventory, Reserve(sku, 1))));
            await Eventually.Holds(() => asking.Count(each => each.IsCompleted) >= 40);
        });

        var answers = await Task.WhenAll(asking);
        answers.OfType<string>().ShouldAllBe(reason => reason == "QUEUE_FULL");
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(answers.Count(answer => answer is null));
    }

    [Fact]
    public async Task A_backend_that_is_terminated_costs_nobody_an_error()
    {
        var sku = await ledger.OpenAsync(1_000);
        var load = Task.WhenAll(Enumerable.Range(0, 200).Select(_ => ledger.Inventory.ReserveAsync(Reserve(sku, 1)).ResponseAsync));
        await using var superuser = NpgsqlDataSource.Create(ledger.Database.SuperuserConnectionString);
        await using var command = superuser.CreateCommand(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'stockauthority-ledger' AND datname = current_database()");
        ((long)(await command.ExecuteScalarAsync())!).ShouldBeGreaterThan(0);

        await load;
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(200);
    }

    private async Task GiveUpAsync(ReserveRequest request)
    {
        var error = await Should.ThrowAsync<RpcException>(async () =>
            await ledger.Inventory.ReserveAsync(request, deadline: TimeProvider.System.GetUtcNow().AddMilliseconds(300).UtcDateTime));
        error.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
    }

    private Task<bool> LaneWaitsAsync() => LockWaits.AnyAsync(ledger.Database.DataSource, DataSources.LedgerApplication);

    /// <summary>Holds the tenant's head, and moves it on in the end, as another replica does with a batch.</summary>
    private async Task WhileAnotherReplicaWritesAsync(Func<Task> action)
    {
        await using var connection = await ledger.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("UPDATE tenants SET head_version = head_version + 1 WHERE tenant_id = $1", connection, transaction))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = Tenant });
            await command.ExecuteNonQueryAsync();
        }

        await action();
        await transaction.CommitAsync();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = ledger.Database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string?> AskAsync(InventoryService.InventoryServiceClient inventory, ReserveRequest request)
    {
        try
        {
            await inventory.ReserveAsync(request);
            return null;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.ResourceExhausted)
        {
            error.GetRpcStatus()!.GetDetail<Google.Rpc.RetryInfo>().ShouldNotBeNull();
            return error.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;
        }
    }
}
