using System.Globalization;
using StockAuthority.Client;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.EndToEnd.Tests.Channels;

/// <summary>
/// Each channel at its worst moment when some levels change for the last time: one refuses them for long, one's connector freezes and wakes up when another one works,
/// one's is killed while its messages are out, and one's after the ERP has booked and before anybody knows. Nothing but delivery itself can mend it in time: no later change of
/// these levels, not the comparison of everything (every 15 minutes), and not what an instance reads back around the checkpoint that it started from, since more than that changes before and after.
/// </summary>
[Collection(FourChannelsCollection.Name)]
public sealed class ChannelLastChangeTests(FourChannels stand)
{
    /// <summary>As many as the webhook connector has out at once.</summary>
    private const int LastSkus = 8;

    /// <summary>With each order all of these SKUs change: more movements than Shopify's and Square's connectors read back on each side of the checkpoint, 2500 and 1000.</summary>
    private const int BusySkus = 100;
    private const int BusyOrders = 30;

    private const string TooMany = """{"status":429,"retry_after_seconds":1}""";

    /// <summary>So long that there is time between two attempts to freeze who makes them.</summary>
    private const string TooManyForLong = """{"status":429,"retry_after_seconds":3}""";
    private const string Unanswered = """{"latency_milliseconds":15000}""";
    private const string BookedAndNotSaid = """{"status":503,"after_apply":true,"retry_after_seconds":5,"where":"Microsoft.NAV.post"}""";

    /// <summary>More attempts than one push has: it was given up then, and has to be made again.</summary>
    private const int AttemptsOfPush = 4;

    private static readonly TimeSpan Preparation = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_last_change_at_the_worst_moment_arrives_once_and_within_thirty_seconds_after_it()
    {
        var promise = new ChannelPromise(stand);
        string[] last = [.. stand.Skus.Take(LastSkus)];
        string[] busy = [.. stand.Skus.Skip(LastSkus).Take(BusySkus)];
        await stand.ReceiveAsync("last-opening", 1000, [.. last, .. busy]);
        await ReserveAsync("last-before", busy);
        foreach (var channel in FourChannels.All)
        {
            await stand.DeliveredAsync(channel, Preparation);
        }

        // Of these only: a shop whose allowance our own looks use up would hold up its connector.
        await Eventually.Becomes(async () => string.Join(Environment.NewLine, await promise.DifferencesAsync(last)), differences => differences.Length == 0, Preparation);

        var since = TimeProvider.System.GetUtcNow();
        var booked = (await stand.Shown.BookedAsync()).Count;
        await stand.FaultAsync(FourChannels.Square, TooMany);
        await stand.FaultAsync(FourChannels.Shopify, TooManyForLong);
        await stand.FaultAsync(FourChannels.Webhook, Unanswered);
        await stand.FaultAsync(FourChannels.Erp, BookedAndNotSaid);
        KillableProcess? frozen = null;
        try
        {
            // The last change of half of them.
            await stand.ReceiveAsync("last-of-all", 1, last);
            await Eventually.Becomes(async () => (await stand.Shown.BookedAsync()).Count, count => count >= booked + LastSkus, Preparation);
            await stand.Connectors[FourChannels.Erp].KillAsync();
            await Eventually.Becomes(() => stand.Shown.StatusesAsync(FourChannels.Webhook, since), requests => requests.Count >= LastSkus, Preparation);
            await stand.ReceiveAsync("last-of-half", 1, last[..(LastSkus / 2)]);
            await stand.Connectors[FourChannels.Webhook].KillAsync();
            await ReserveAsync("last-after", busy);
            await RefusedAsync(FourChannels.Square, since, AttemptsOfPush + 1);
            await RefusedAsync(FourChannels.Shopify, TimeProvider.System.GetUtcNow(), 1);
            stand.Connectors[FourChannels.Shopify].Pause();
            frozen = await stand.ReplaceAsync(FourChannels.Shopify);

            // What the frozen one was about to show is older than this.
            await stand.ReceiveAsync("last-of-quarter", 1, last[..(LastSkus / 4)]);
            await stand.EndFaultsAsync();
            await stand.Connectors[FourChannels.Webhook].StartUnreadyAsync();
            await stand.Connectors[FourChannels.Erp].StartUnreadyAsync();
            await promise.ShouldBeKeptAsync(last, static line => TestContext.Current.TestOutputHelper?.WriteLine(line.ToString(CultureInfo.InvariantCulture)), frozen.Continue);
        }
        finally
        {
            // Others have the stand after us.
            await stand.EndFaultsAsync();
            foreach (var connector in stand.Connectors.Values.Where(connector => connector.ProcessId is null))
            {
                await connector.StartUnreadyAsync();
            }

            if (frozen is not null)
            {
                await frozen.DisposeAsync();
            }
        }
    }

    private async Task RefusedAsync(string channel, DateTimeOffset since, int times) => await Eventually.Becomes(
        async () => (await stand.Shown.StatusesAsync(channel, since)).Count(status => status == 429), refused => refused >= times, Preparation);

    /// <summary>Orders that change all of them each; an ERP has nothing to book for it.</summary>
    private async Task ReserveAsync(string name, string[] skus)
    {
        for (var number = 1; number <= BusyOrders; number++)
        {
            var order = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
            var request = new ReserveRequest { OrderRef = order, Lines = { skus.Select(sku => new StockLine { Sku = sku, LocationId = FourChannels.Location, Quantity = 1 }) } };
            ReserveOutcome outcome;
            do
            {
                outcome = await stand.Client.ReserveAsync(IdempotencyKey.For(order, "reserve"), request);
            }
            while (outcome is ReserveOutcome.Unknown);
            if (outcome is not ReserveOutcome.Reserved)
            {
                throw new InvalidOperationException($"{order} was refused: {outcome}");
            }
        }
    }
}
