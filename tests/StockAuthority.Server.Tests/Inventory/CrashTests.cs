using System.Collections.Concurrent;
using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>Processes that die in the middle of load. What was acknowledged is there once; everything else can be retried with its key.</summary>
public sealed class CrashTests : IAsyncDisposable
{
    private const int Callers = 32;
    private const int CallsBeforeTheCrash = 500;
    private const int Calls = 2_000;

    private readonly TestPostgres _postgres = new();

    [Fact]
    public Task A_server_killed_under_load_loses_and_doubles_nothing() => SurviveAsync(async (server, _) =>
    {
        await server.KillAsync();
        await server.StartAgainAsync();
    });

    [Fact]
    public Task A_database_crash_under_load_loses_and_doubles_nothing() => SurviveAsync(async (_, postgres) =>
    {
        await postgres.KillAsync();
        await postgres.StartAsync();
    });

    public async ValueTask DisposeAsync() => await _postgres.DisposeAsync();

    private async Task SurviveAsync(Func<ServerProcess, DevHost.Postgres.PostgresCluster, Task> crash)
    {
        await using var database = await _postgres.CreateDatabaseAsync();
        await using var server = await ServerProcess.StartAsync(database.ConnectionString, NoRedis);
        using var channel = await server.ChannelAsync();
        await RegisterAsync(channel);
        var inventory = new InventoryService.InventoryServiceClient(channel);
        var sku = await OpenAsync(inventory, 1_000_000);
        var requests = new ConcurrentQueue<ReserveRequest>(Enumerable.Range(0, Calls).Select(_ => Reserve(sku, 1)));
        var acknowledged = new ConcurrentDictionary<string, ReserveResponse>();
        ConcurrentBag<ReserveRequest> unanswered = [];

        var load = Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            while (requests.TryDequeue(out var request))
            {
                try
                {
                    acknowledged[request.IdempotencyKey] = await inventory.ReserveAsync(request, deadline: DateTime.MaxValue);
                }
                catch (RpcException)
                {
                    unanswered.Add(request);
                }
            }
        })));
        await Eventually.Holds(() => acknowledged.Count > CallsBeforeTheCrash);
        await crash(server, await _postgres.ClusterAsync());
        await load;

        // Every acknowledged answer is given again as it was.
        foreach (var (key, answer) in acknowledged)
        {
            var again = Reserve(sku, 1, key, answer.Reservation.OrderRef);
            (await RetryAsync(inventory, again)).ShouldBe(answer);
        }

        foreach (var request in unanswered)
        {
            await RetryAsync(inventory, request);
        }

        (await LevelAsync(inventory, sku)).Reserved.ShouldBe(Calls);
        await VerifyAsync(database, Calls);
    }

    private static async Task<ReserveResponse> RetryAsync(InventoryService.InventoryServiceClient inventory, ReserveRequest request)
    {
        ReserveResponse? response = null;
        await Eventually.Holds(async () =>
        {
            try
            {
                response = await inventory.ReserveAsync(request);
                return true;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
            {
                return false;
            }
        });
        return response!;
    }

    private static async Task VerifyAsync(TestDatabase database, long reservations)
    {
        await using var command = database.DataSource.CreateCommand(
            """
            SELECT (SELECT count(*) FROM reservations),
                   (SELECT count(*) FROM (SELECT idempotency_key FROM movements WHERE operation = 1 GROUP BY 1 HAVING count(*) > 1) AS doubled),
                   (SELECT max(sequence) - count(*) FROM movements)
            """);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)).ShouldBe((reservations, 0, 0));
    }
}
