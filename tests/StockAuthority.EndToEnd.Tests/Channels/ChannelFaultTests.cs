using System.Globalization;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Cli.Verification;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.EndToEnd.Tests.Channels;

/// <summary>
/// Faults of every channel at once, and the authority and the connectors killed at random moments, by a seed that is printed. More of it:
/// <c>STOCKAUTHORITY_CHANNEL_SEEDS=20 STOCKAUTHORITY_CHANNEL_STEPS=100 ./dev test ChannelFaultTests</c>; one seed again: <c>STOCKAUTHORITY_CHANNEL_SEED</c>.
/// </summary>
[Collection(FourChannelsCollection.Name)]
public sealed class ChannelFaultTests(FourChannels stand)
{
    private const int FirstSeed = 1;
    private const int StandardSteps = 16;
    private const int SkusPerSeed = 8;
    private const int Senders = 2;

    /// <summary>What is promised: so long after the last fault every channel has what the authority has.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    /// <summary>Longer than anything that was begun by then can still come late: nothing may differ again.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(4);

    private readonly List<string> _log = [];

    [Fact]
    public async Task Thirty_seconds_after_the_last_fault_every_channel_has_what_the_authority_has()
    {
        foreach (var seed in Seeds())
        {
            await RunAsync(seed);
        }
    }

    private async Task RunAsync(int seed)
    {
        var random = new Random(seed);
        string[][] skus = [.. Enumerable.Range(0, Senders).Select(sender => stand.Skus.Skip(((seed * Senders) + sender) % (stand.Skus.Count / SkusPerSeed) * SkusPerSeed).Take(SkusPerSeed).ToArray())];
        RandomCommands[] senders = [.. skus.Select((some, index) => new RandomCommands(stand, string.Create(CultureInfo.InvariantCulture, $"seed-{seed}-{index}"), some, seed + index))];
        foreach (var sender in senders)
        {
            await sender.OpenAsync();
        }

        using (var ending = new CancellationTokenSource())
        {
            var sending = senders.Select(sender => sender.RunAsync(ending.Token)).ToArray();
            try
            {
                await BreakAsync(random);
            }
            finally
            {
                await ending.CancelAsync();
                await Task.WhenAll(sending);
                foreach (var channel in FourChannels.All)
                {
                    await stand.FaultAsync(channel, ChannelFaults.None);
                }
            }
        }

        Say($"{senders.Sum(sender => sender.Sent)} commands, seed {seed}");
        string[] all = [.. skus.SelectMany(some => some)];
        var last = await LastDifferenceAsync(all);
        foreach (var (channel, after) in last)
        {
            Say($"{channel} is equal after {after.TotalSeconds:0.0} s");
        }

        last.Values.Max().ShouldBeLessThan(Bound, string.Join(Environment.NewLine, [$"STOCKAUTHORITY_CHANNEL_SEED={seed}", .. _log, .. await DifferencesAsync(all)]));
        var levels = await stand.LevelsAsync(all);
        senders.SelectMany(sender => sender.Levels).ShouldBe(levels, ignoreOrder: true, "what was acknowledged is there, once");
        (await stand.Shown.OlderAfterNewerAsync()).ShouldBe(0);
        (await stand.Exceptions.ListExceptionsAsync(new ListExceptionsRequest { TenantId = FourChannels.Tenant })).Exceptions.Select(each => $"{each.Kind} {each.Channel} {each.Reason} {each.Reference}").ShouldBeEmpty();
        var verified = await LedgerVerification.RunAsync(stand.Ledger, new VerificationOptions(), static _ => { }, TimeProvider.System, TestContext.Current.CancellationToken);
        verified.Problems.ShouldBeEmpty();
    }

    private async Task BreakAsync(Random random)
    {
        for (var step = 0; step < (TestSettings.Number("STOCKAUTHORITY_CHANNEL_STEPS") ?? StandardSteps); step++)
        {
            foreach (var channel in FourChannels.All)
            {
                var fault = ChannelFaults.Next(channel, random);
                Say($"{step}: {channel} {fault}");
                await stand.FaultAsync(channel, fault);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(100, 2000)), TimeProvider.System);
            switch (random.Next(4))
            {
                case 0:
                    Say($"{step}: the authority is killed");
                    await stand.Server.StartAgainAsync();
                    break;
                case 1 or 2:
                    var killed = FourChannels.All[random.Next(FourChannels.All.Count)];
                    Say($"{step}: the connector of {killed} is killed");
                    await stand.Connectors[killed].KillAsync();
                    await stand.Connectors[killed].StartUnreadyAsync();
                    break;
            }
        }
    }

    /// <summary>Watches until nothing has differed for a while; when each channel differed last, from now.</summary>
    private async Task<Dictionary<string, TimeSpan>> LastDifferenceAsync(IReadOnlyList<string> skus)
    {
        var last = FourChannels.All.ToDictionary(channel => channel, _ => TimeSpan.Zero, StringComparer.Ordinal);
        var start = TimeProvider.System.GetTimestamp();
        TimeSpan now;
        do
        {
            foreach (var channel in (await DifferencesAsync(skus)).Select(difference => difference.Split(' ')[0]).Distinct())
            {
                last[channel] = TimeProvider.System.GetElapsedTime(start);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            now = TimeProvider.System.GetElapsedTime(start);
        }
        while (now < last.Values.Max() + Calm && now < Bound + Calm);
        return last;
    }

    /// <summary>Where a channel shows something else than the authority has, or has not booked a movement once; each begins with the channel.</summary>
    private async Task<IReadOnlyList<string>> DifferencesAsync(IReadOnlyList<string> skus)
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

    private void Say(FormattableString line)
    {
        var text = line.ToString(CultureInfo.InvariantCulture);
        _log.Add(text);
        TestContext.Current.TestOutputHelper?.WriteLine(text);
    }

    private static IEnumerable<int> Seeds() =>
        Enumerable.Range(TestSettings.Number("STOCKAUTHORITY_CHANNEL_SEED") ?? FirstSeed, TestSettings.Number("STOCKAUTHORITY_CHANNEL_SEEDS") ?? 1);
}
