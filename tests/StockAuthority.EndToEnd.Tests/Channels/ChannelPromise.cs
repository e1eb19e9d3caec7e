using System.Globalization;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Cli.Verification;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using Xunit;

namespace StockAuthority.EndToEnd.Tests.Channels;

/// <summary>What is promised of the channels whatever has gone wrong, by what they show and have booked.</summary>
internal sealed class ChannelPromise(FourChannels stand)
{
    /// <summary>So long after the last fault every channel has what the authority has.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    /// <summary>Longer than anything that was begun by then can still come late: nothing may differ again.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(4);

    /// <summary>Every channel has what the authority has within the bound from now, and goes on having it.</summary>
    /// <param name="skus">Those that are looked at. Nobody changes them now.</param>
    /// <param name="say">Is told when each channel was equal, and on a failure what differs.</param>
    /// <param name="whenEqual">Done once, when nothing differs for the first time.</param>
    public async Task ShouldBeKeptAsync(IReadOnlyList<string> skus, Action<FormattableString> say, Action? whenEqual = null)
    {
        var last = await LastDifferencesAsync(skus, whenEqual);
        foreach (var (channel, after) in last)
        {
            say($"{channel} is equal after {after.TotalSeconds:0.0} s");
        }

        if (last.Values.Max() >= Bound)
        {
            foreach (var difference in await DifferencesAsync(skus))
            {
                say($"{difference}");
            }
        }

        last.Values.Max().ShouldBeLessThan(Bound, "since then every channel has what the authority has");
        (await stand.Shown.OlderAfterNewerAsync()).ShouldBe(0, "a webhook brought an older level after a newer one");
        (await stand.Exceptions.ListExceptionsAsync(new ListExceptionsRequest { TenantId = FourChannels.Tenant })).Exceptions.Select(each => $"{each.Kind} {each.Channel} {each.Reason} {each.Reference}").ShouldBeEmpty();
        var verified = await LedgerVerification.RunAsync(stand.Ledger, new VerificationOptions(), static _ => { }, TimeProvider.System, TestContext.Current.CancellationToken);
        verified.Problems.ShouldBeEmpty();
    }

    /// <summary>Where a channel shows something else than the authority has, or has not booked a movement once; each begins with the channel.</summary>
    public async Task<IReadOnlyList<string>> DifferencesAsync(IReadOnlyList<string> skus)
    {
        List<string> differences = [];
        var levels = await stand.LevelsAsync(skus);
        foreach (var channel in (string[])[FourChannels.Square, FourChannels.Shopify, FourChannels.Webhook])
        {
            var shown = await stand.Shown.LevelsAsync(channel, skus);
            differences.AddRange(levels.Where(level => !shown.TryGetValue(level.Key, out var units) || units != level.Value)
                .Select(level => $"{channel} shows {(shown.TryGetValue(level.Key, out var units) ? units : "nothing")} of {level.Key} and not {level.Value}"));
        }

        var booked = (await stand.Shown.BookedAsync()).GroupBy(each => each.Origin).ToDictionary(group => group.Key, group => group.Select(each => each.Units).ToArray(), StringComparer.Ordinal);
        var recorded = await RecordedAsync();
        foreach (var movement in await GoodsAsync())
        {
            var origin = string.Create(CultureInfo.InvariantCulture, $"movement/{movement.Sequence}");
            if (booked.GetValueOrDefault(origin, []) is not [var units] || units != movement.Quantity || !recorded.Contains(origin))
            {
                differences.Add($"{FourChannels.Erp} has booked {string.Join(" and ", booked.GetValueOrDefault(origin, []))} for {origin} of {movement.Quantity}; it is {(recorded.Contains(origin) ? "" : "not ")}recorded");
            }

            booked.Remove(origin);
        }

        differences.AddRange(booked.Keys.Select(origin => $"{FourChannels.Erp} has booked {origin}, which moved no goods"));
        return differences;
    }

    /// <summary>Watches until nothing has differed for a while, or until it is too late; when each channel differed last, from now.</summary>
    private async Task<Dictionary<string, TimeSpan>> LastDifferencesAsync(IReadOnlyList<string> skus, Action? whenEqual)
    {
        var last = FourChannels.All.ToDictionary(channel => channel, _ => TimeSpan.Zero, StringComparer.Ordinal);
        var start = TimeProvider.System.GetTimestamp();
        var calmSince = TimeSpan.Zero;
        TimeSpan now;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);

            // When the look begins: what a slow machine needs for it is not the channel's delay.
            now = TimeProvider.System.GetElapsedTime(start);
            string[] differing = [.. (await DifferencesAsync(skus)).Select(difference => difference.Split(' ')[0]).Distinct()];
            foreach (var channel in differing)
            {
                last[channel] = calmSince = now;
            }

            if (differing.Length == 0 && whenEqual is not null)
            {
                whenEqual();
                whenEqual = null;
                calmSince = TimeProvider.System.GetElapsedTime(start);
            }
        }
        while (now < calmSince + Calm && last.Values.Max() < Bound);
        return last;
    }

    private async Task<List<Movement>> GoodsAsync()
    {
        List<Movement> goods = [];
        for (var after = 0L; ;)
        {
            var page = await stand.Feed.ReadChangesAsync(new ReadChangesRequest { TenantId = FourChannels.Tenant, AfterSequence = after, PageSize = 1000 });
            if (page.Movements.Count == 0)
            {
                return goods;
            }

            goods.AddRange(page.Movements.Where(movement => movement.FromState == StockState.Supply || movement.ToState == StockState.Supply || movement.ToState == StockState.Customer || movement.ToState == StockState.WrittenOff));
            after = page.Movements[^1].Sequence;
        }
    }

    private async Task<HashSet<string>> RecordedAsync()
    {
        var origins = new HashSet<string>(StringComparer.Ordinal);
        var request = new ListPostingsRequest { TenantId = FourChannels.Tenant, PageSize = 500 };
        do
        {
            var page = await stand.Postings.ListPostingsAsync(request);
            origins.UnionWith(page.Postings.Select(posting => posting.Origin));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return origins;
    }
}
