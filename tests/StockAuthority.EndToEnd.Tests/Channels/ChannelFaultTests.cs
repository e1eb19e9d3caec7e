using System.Globalization;
using Shouldly;
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
        Say($"STOCKAUTHORITY_CHANNEL_SEED={seed}");
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
                await stand.EndFaultsAsync();
            }
        }

        Say($"{senders.Sum(sender => sender.Sent)} commands");
        string[] all = [.. skus.SelectMany(some => some)];
        await new ChannelPromise(stand).ShouldBeKeptAsync(all, Say);
        senders.SelectMany(sender => sender.Levels).ShouldBe(await stand.LevelsAsync(all), ignoreOrder: true, "what was acknowledged is there, once");
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

            // A connector that is killed waits for its lease: more kills than these, and most faults would meet nobody.
            switch (random.Next(8))
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

    private static void Say(FormattableString line) => TestContext.Current.TestOutputHelper?.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private static IEnumerable<int> Seeds() =>
        Enumerable.Range(TestSettings.Number("STOCKAUTHORITY_CHANNEL_SEED") ?? FirstSeed, TestSettings.Number("STOCKAUTHORITY_CHANNEL_SEEDS") ?? 1);
}
