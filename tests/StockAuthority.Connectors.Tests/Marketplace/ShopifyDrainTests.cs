using Shouldly;
using StockAuthority.Connectors.Tests.Hosts;
using Xunit;

namespace StockAuthority.Connectors.Tests.Marketplace;

public sealed class ShopifyDrainTests : ShopifyFixture
{
    private const int Levels = 20_000;
    private const int RestoreRate = 30;

    protected override string[] ShopSettings => [$"--Simulator:ShopifyRestoreRate={RestoreRate}"];

    protected override int MappedItems => Levels;

    [Fact]
    public async Task Levels_drain_at_the_rate_that_the_shop_allows()
    {
        for (var item = 1; item <= Levels; item++)
        {
            Journal.Append($"item-{item}", item);
        }

        var start = TimeProvider.System.GetTimestamp();
        await ConnectAsync("--Connector:MaxPendingLevels=5000");
        await CheckpointAsync(Levels);

        // 80 requests of 10 points; the bucket holds twenty seconds' worth at the start.
        var taken = TimeProvider.System.GetElapsedTime(start);
        taken.ShouldBeGreaterThan(TimeSpan.FromSeconds(((Levels / 250 * 10.0) - (20 * RestoreRate)) / RestoreRate) * 0.9);
        Shop.Log.AppliedChanges.ShouldBe(Levels);
        Pushes.Sum(push => push.Changes).ShouldBe(Levels);
        Requests.Count(request => request.ErrorCode == "THROTTLED").ShouldBeLessThan(10);
        await ShownAsync($"item-{Levels}", Levels);
    }
}
