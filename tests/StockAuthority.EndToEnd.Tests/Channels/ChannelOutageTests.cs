using System.Globalization;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Client;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.EndToEnd.Tests.Channels;

/// <summary>One channel is away for long, and nobody else notices.</summary>
[Collection(FourChannelsCollection.Name)]
public sealed class ChannelOutageTests(FourChannels stand)
{
    private const int Rounds = 60;

    /// <summary>Changes of the key that changes most, 50 in a round and over as many SKUs.</summary>
    private const int Skus = 50;

    [Fact]
    public async Task A_channel_that_is_down_holds_up_no_other_and_its_backlog_is_merged_when_it_is_back()
    {
        string[] skus = [.. stand.Skus.TakeLast(Skus)];
        await stand.ReceiveAsync("outage-opening", 1000, skus);
        await EqualAsync(skus, FourChannels.Square, FourChannels.Shopify, FourChannels.Webhook);
        var (_, before) = await stand.Shown.WritesAsync(FourChannels.Shopify);
        string[] others = [FourChannels.Square, FourChannels.Webhook];
        var windows = await WindowsAsync(others);

        await stand.FaultAsync(FourChannels.Shopify, ChannelFaults.Down);
        for (var round = 1; round <= Rounds; round++)
        {
            await stand.ReceiveAsync(string.Create(CultureInfo.InvariantCulture, $"outage-{round}"), 1, skus);
            (await ReserveAsync(string.Create(CultureInfo.InvariantCulture, $"outage-{round}"), skus[round % Skus])).ShouldBeOfType<ReserveOutcome.Reserved>();
            if (round % 20 == 0)
            {
                await EqualAsync(skus, others);
            }
        }

        // The longer it is away, the older is what it lacks.
        var age = await AgeAsync(none => none is not null);
        await AgeAsync(later => later > age + TimeSpan.FromSeconds(2));
        (await stand.Shown.WritesAsync(FourChannels.Shopify)).Applied.ShouldBe(before, "it takes nothing");
        await EqualAsync(skus, others);

        await stand.FaultAsync(FourChannels.Shopify, ChannelFaults.None);
        await EqualAsync(skus, FourChannels.Shopify);
        var (_, after) = await stand.Shown.WritesAsync(FourChannels.Shopify);
        (after - before).ShouldBeInRange(Skus, Rounds * Skus / 3, $"{Rounds * Skus} changes of {Skus} SKUs are a few levels each: an attempt that was under way has an older one, and on a slow machine what was not read yet follows in parts");
        await AgeAsync(none => none is null);

        foreach (var ((channel, window), earlier) in (await WindowsAsync(others)).Zip(windows.Values))
        {
            (window.LateCount - earlier.LateCount).ShouldBe(0, channel);
            (window.VisibleCount - earlier.VisibleCount).ShouldBeGreaterThan(0, channel);
        }
    }

    private Task<ReserveOutcome> ReserveAsync(string order, string sku) => stand.Client.ReserveAsync(
        IdempotencyKey.For(order, "reserve"),
        new ReserveRequest { OrderRef = order, Lines = { new StockLine { Sku = sku, LocationId = FourChannels.Location, Quantity = 1 } } });

    private async Task<TimeSpan?> AgeAsync(Func<TimeSpan?, bool> fits) => await Eventually.Becomes(
        async () => (await stand.ChannelAsync(FourChannels.Shopify)).LatestHealth?.OldestUndeliveredAge?.ToTimeSpan(), fits);

    private async Task<Dictionary<string, ChannelHealth>> WindowsAsync(IEnumerable<string> channels)
    {
        var windows = new Dictionary<string, ChannelHealth>(StringComparer.Ordinal);
        foreach (var channel in channels)
        {
            windows[channel] = (await stand.ChannelAsync(channel)).Checkpoint.Window;
        }

        return windows;
    }

    private async Task EqualAsync(string[] skus, params string[] channels)
    {
        var levels = await stand.LevelsAsync(skus);
        foreach (var channel in channels)
        {
            await Eventually.Becomes(
                async () => (await stand.Shown.LevelsAsync(channel, skus)).Count(shown => levels[shown.Key] == shown.Value), equal => equal == skus.Length, TimeSpan.FromSeconds(30), $"{channel} is equal");
        }
    }
}
