using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>More callers than units, through two servers at once.</summary>
public sealed class StampedeTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task Of_a_thousand_reserves_on_a_hundred_units_exactly_a_hundred_succeed()
    {
        var sku = await ledger.OpenAsync(100);
        await using var other = await ServerProcess.StartAsync(ledger.Database.ConnectionString, NoRedis);
        using var otherChannel = await other.ChannelAsync();
        InventoryService.InventoryServiceClient[] servers = [ledger.Inventory, new(otherChannel)];
        List<ReserveRequest> requests = [.. Enumerable.Range(0, 1_000).Select(_ => Reserve(sku, 1))];

        var answers = await Task.WhenAll(requests.Select((request, index) => AskAsync(servers[index % 2], request)));

        answers.Count(answer => answer is null).ShouldBe(100);
        answers.OfType<string>().ShouldAllBe(reason => reason == "INSUFFICIENT_STOCK");
        var level = await ledger.LevelAsync(sku);
        (level.Available, level.Reserved).ShouldBe((0, 100));

        // Each retry goes to the other server, and gets the answer that it had.
        (await Task.WhenAll(requests.Select((request, index) => AskAsync(servers[(index + 1) % 2], request)))).ShouldBe(answers);
        (await ledger.LevelAsync(sku)).ShouldBe(level);
    }

    /// <summary>Null where it was granted, the reason where it was refused.</summary>
    private static async Task<string?> AskAsync(InventoryService.InventoryServiceClient server, ReserveRequest request)
    {
        try
        {
            await server.ReserveAsync(request);
            return null;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.FailedPrecondition)
        {
            return error.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;
        }
    }
}
