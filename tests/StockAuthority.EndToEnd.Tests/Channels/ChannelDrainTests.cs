using System.Diagnostics;
using System.Globalization;
using Shouldly;
using StockAuthority.Client;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.EndToEnd.Tests.Channels;

/// <summary>
/// Every SKU changes at once: each channel drains at the rate that it allows, in bounded memory, and neither another channel nor a checkout notices.
/// The full size, with figures: <c>STOCKAUTHORITY_CHANNEL_SKUS=100000 ./dev test ChannelDrainTests</c>.
/// </summary>
[Collection(Name)]
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ChannelDrainTests
{
    public const string Name = "drain";
    private const int StandardSkus = 4_000;

    /// <summary>Of Shopify: points of a call, levels that fit in one, and seconds' worth of points that the bucket holds.</summary>
    private const int PointsPerCall = 10;
    private const int LevelsPerCall = 250;
    private const int BucketSeconds = 20;

    /// <summary>What the runtime keeps to by default.</summary>
    private const int PushesPerSecond = 10;

    /// <summary>The promise of every channel.</summary>
    private static readonly TimeSpan VisibleWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private static readonly string[] Drained = [FourChannels.Square, FourChannels.Shopify];

    /// <summary>A connector's own, and what each SKU that waits may take: its level twice, and its names there.</summary>
    private const long MostBytes = 250_000_000;
    private const long MostBytesPerSku = 2_000;

    [Fact]
    public async Task All_SKUs_at_once_drain_at_the_channel_s_rate_and_nobody_else_notices()
    {
        var skus = TestSettings.Number("STOCKAUTHORITY_CHANNEL_SKUS") ?? StandardSkus;

        // At any size the bucket holds half of the calls and the rest takes 20 seconds. With 100,000 SKUs this is the standard plan's rate.
        var rate = skus / 1000;
        await using var stand = new FourChannels(skus, rate, [.. Drained, FourChannels.Webhook]) { SubscribesOnlyLast = true };
        await stand.InitializeAsync();
        var idle = await WatchAsync(stand, "idle", static seconds => seconds < 3);

        // While they are away everything changes: what they find is the whole backlog.
        foreach (var channel in Drained)
        {
            await stand.Connectors[channel].KillAsync();
        }

        await stand.ReceiveAsync("all", 5, stand.Skus);
        var head = (await stand.ChannelAsync(FourChannels.Webhook)).HeadSequence;
        var (earlier, _) = await stand.Shown.WritesAsync(FourChannels.Square);
        foreach (var channel in Drained)
        {
            await stand.Connectors[channel].StartUnreadyAsync();
        }

        var drained = new Dictionary<string, double>(StringComparer.Ordinal);
        var peak = new Dictionary<string, long>(StringComparer.Ordinal);
        var beside = await WatchAsync(stand, "beside", async seconds =>
        {
            foreach (var channel in Drained)
            {
                var memory = Process.GetProcessById(stand.Connectors[channel].ProcessId!.Value).WorkingSet64;
                peak[channel] = Math.Max(peak.GetValueOrDefault(channel), memory);
                if ((await stand.ChannelAsync(channel)).AcknowledgedSequence >= head)
                {
                    drained.TryAdd(channel, seconds);
                }
            }

            return drained.Count < Drained.Length;
        });

        foreach (var channel in Drained)
        {
            Say($"{channel}: {skus} SKUs in {drained[channel]:0.0} s, {skus / drained[channel]:0} in a second; {peak[channel] / 1e6:0} MB at most");
            peak[channel].ShouldBeLessThan(MostBytes + (skus * MostBytesPerSku), channel);
        }

        // No faster than is allowed, and not told so by refusals.
        var calls = (skus + LevelsPerCall - 1) / LevelsPerCall;
        drained[FourChannels.Shopify].ShouldBeGreaterThan(0.9 * ((calls * PointsPerCall) - (BucketSeconds * rate)) / rate);
        (await stand.Shown.RefusalsAsync(FourChannels.Shopify)).ShouldBeLessThan(10);
        ((await stand.Shown.WritesAsync(FourChannels.Square)).Requests - earlier).ShouldBeLessThanOrEqualTo((int)(PushesPerSecond * (beside.Took.TotalSeconds + 1)));

        // The subscriber has what changed meanwhile as it always has.
        beside.LongestUntilShown.ShouldBeLessThan(VisibleWithin);
        Say($"a change is with the subscriber after {idle.LongestUntilShown.TotalMilliseconds:0} ms at most while nothing drains, and {beside.LongestUntilShown.TotalMilliseconds:0} ms beside it");
        Say($"Reserve p50 and p99: {Percentiles(idle.Reserves)} while nothing drains, and {Percentiles(beside.Reserves)} beside it");
    }

    private sealed record Watched(TimeSpan Took, TimeSpan LongestUntilShown, IReadOnlyList<TimeSpan> Reserves);

    private static Task<Watched> WatchAsync(FourChannels stand, string name, Func<double, bool> goesOn) => WatchAsync(stand, name, seconds => Task.FromResult(goesOn(seconds)));

    /// <summary>A change of one SKU after the other, each looked for at the subscriber, and a checkout beside it that never waits long.</summary>
    private static async Task<Watched> WatchAsync(FourChannels stand, string name, Func<double, Task<bool>> goesOn)
    {
        var start = TimeProvider.System.GetTimestamp();
        var (longest, reserves, sku) = (TimeSpan.Zero, new List<TimeSpan>(), stand.Skus[^1]);
        using var ending = new CancellationTokenSource();
        var reserving = ReserveAsync(stand, name, reserves, ending.Token);
        try
        {
            for (var change = 0; await goesOn(TimeProvider.System.GetElapsedTime(start).TotalSeconds); change++)
            {
                TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Longest);
                await stand.ReceiveAsync(string.Create(CultureInfo.InvariantCulture, $"{name}-{change}"), 1, [sku]);
                var changed = TimeProvider.System.GetTimestamp();
                var units = (await stand.LevelsAsync([sku]))[sku];
                await Eventually.Holds(async () => (await stand.Shown.LevelsAsync(FourChannels.Webhook, [sku])).GetValueOrDefault(sku) == units, VisibleWithin);
                var taken = TimeProvider.System.GetElapsedTime(changed);
                longest = taken > longest ? taken : longest;
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await reserving;
        }

        return new Watched(TimeProvider.System.GetElapsedTime(start), longest, reserves);
    }

    /// <summary>Of another SKU, so that what the subscriber is looked at for stands still.</summary>
    private static async Task ReserveAsync(FourChannels stand, string name, List<TimeSpan> reserves, CancellationToken ending)
    {
        var sku = stand.Skus[0];
        await stand.ReceiveAsync($"{name}-reserves", 1_000_000, [sku]);
        while (!ending.IsCancellationRequested)
        {
            var order = string.Create(CultureInfo.InvariantCulture, $"{name}-{reserves.Count}");
            var start = TimeProvider.System.GetTimestamp();
            var outcome = await stand.Client.ReserveAsync(
                IdempotencyKey.For(order, "reserve"),
                new ReserveRequest { OrderRef = order, Lines = { new StockLine { Sku = sku, LocationId = FourChannels.Location, Quantity = 1 } } },
                CancellationToken.None);
            reserves.Add(TimeProvider.System.GetElapsedTime(start));
            outcome.ShouldBeOfType<ReserveOutcome.Reserved>();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    private static string Percentiles(IReadOnlyList<TimeSpan> delays)
    {
        double[] sorted = [.. delays.Select(delay => delay.TotalMilliseconds).Order()];
        return string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Length / 2]:0.0} and {sorted[sorted.Length * 99 / 100]:0.0} ms of {sorted.Length}");
    }

    private static void Say(FormattableString line) => TestContext.Current.TestOutputHelper?.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
