using Shouldly;
using StockAuthority.Connectors.Tests.Hosts;
using Xunit;

namespace StockAuthority.Connectors.Tests.Marketplace;

/// <summary>An hour by the calendar, in which everything changes every minute and the shop takes nothing.</summary>
public sealed class ShopifyOutageTests : ShopifyFixture
{
    private const int Items = 200;
    private const int Minutes = 60;
    private readonly ShiftedClock _clock = new();

    protected override TimeProvider ConnectorClock => _clock;

    [Fact]
    public async Task After_an_hour_away_the_shop_is_told_the_latest_levels_and_not_each_change()
    {
        var connector = await ConnectAsync("--Connector:ReportInterval=00:00:00.050");
        Append(0);
        await ShownAsync($"item-{Items}", Items);
        await CheckpointAsync(Items);
        var taken = Shop.Log.AppliedChanges;

        await Shop.FaultAsync("""{"status":503}""");
        for (var minute = 1; minute <= Minutes; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            Append(minute);
        }

        // What is reported is as old as the first change that the shop lacks, however often it changed since.
        await Eventually.HoldsAsync(() => Feed.Desk.Reports[^1] is { QueueDepth: Items, OldestUndeliveredAge: { } age } && age.ToTimeSpan() >= TimeSpan.FromMinutes(Minutes - 1), "the age rises");
        Journal.Checkpoint(Consumer).ShouldBe(Items, "nothing is acknowledged that the shop does not show");
        Shop.Log.AppliedChanges.ShouldBe(taken);

        await Shop.FaultAsync("{}");
        await CheckpointAsync((Minutes + 1) * Items);

        // One level for each item, and more where the shop was back before the connector had read all: on a slow machine what was not read yet follows in parts.
        (Shop.Log.AppliedChanges - taken).ShouldBeInRange(Items, Minutes * Items / 3, $"of {Minutes * Items} changes");
        for (var item = 1; item <= Items; item += 50)
        {
            (await QuantityAsync($"item-{item}")).ShouldBe((Minutes * 1000) + item);
        }

        await Eventually.HoldsAsync(() => Feed.Desk.Reports[^1] is { QueueDepth: 0, OldestUndeliveredAge: null }, "nothing is old any more");
        Feed.Desk.Reports.Sum(report => report.LateCount).ShouldBeGreaterThanOrEqualTo(Items, "coalescing does not hide how long they were behind");
        await StopAsync(connector);
    }

    private void Append(int minute)
    {
        for (var item = 1; item <= Items; item++)
        {
            Journal.Append($"item-{item}", (minute * 1000) + item, recordTime: _clock.GetUtcNow());
        }
    }
}
