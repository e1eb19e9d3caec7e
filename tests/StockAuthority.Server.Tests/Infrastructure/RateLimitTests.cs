using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>One tenant's flood is refused; others do not notice.</summary>
public sealed class RateLimitTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task A_tenant_that_asks_for_too_much_is_told_when_to_come_back_and_another_is_served()
    {
        await using var server = await ServerProcess.StartAsync(
            ledger.Database.ConnectionString,
            NoRedis,
            new Dictionary<string, string> { ["RateLimit__RequestsPerSecond"] = "10", ["RateLimit__BurstSeconds"] = "1" });
        using var channel = await server.ChannelAsync();
        var inventory = new InventoryService.InventoryServiceClient(channel);
        var sku = await ledger.OpenAsync(1_000);

        var asking = Enumerable.Range(0, 60).Select(_ => AskAsync(inventory, Tenant, sku)).ToArray();
        var other = AskAsync(inventory, "unknown", sku);
        var answers = await Task.WhenAll(asking);

        answers.ShouldContain("");
        answers.ShouldContain("RATE_LIMITED");
        answers.ShouldAllBe(answer => answer.Length == 0 || answer == "RATE_LIMITED");
        (await other).ShouldBe("UNKNOWN_TENANT");
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(answers.Count(answer => answer.Length == 0));
    }

    /// <summary>Empty where it was granted, else the reason.</summary>
    private static async Task<string> AskAsync(InventoryService.InventoryServiceClient inventory, string tenant, string sku)
    {
        var request = Reserve(sku, 1);
        request.TenantId = tenant;
        try
        {
            await inventory.ReserveAsync(request);
            return "";
        }
        catch (RpcException error)
        {
            var status = error.GetRpcStatus()!;
            var info = status.GetDetail<Google.Rpc.ErrorInfo>()!;
            (info.Reason != "RATE_LIMITED" || status.GetDetail<Google.Rpc.RetryInfo>() is not null).ShouldBeTrue();
            return info.Reason;
        }
    }
}
