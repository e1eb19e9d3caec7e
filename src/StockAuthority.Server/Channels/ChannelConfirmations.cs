using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Server.Channels;

/// <summary>Waits until channels have delivered up to a sequence. Whoever does not ask pays nothing.</summary>
internal sealed class ChannelConfirmations(ChannelStore channels, CheckpointSignal acknowledged, TimeProvider time)
{
    /// <summary>How late an acknowledgement that another server took is seen.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    public async Task<IReadOnlyList<ChannelConfirmation>> WaitAsync(
        string tenantId, IReadOnlyList<string> channelIds, long sequence, TimeSpan limit, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            // Taken before the look, so that what is acknowledged in between wakes us.
            var news = acknowledged.Next;
            var states = (await channels.StatesAsync(tenantId, [.. channelIds.Distinct()], "", channelIds.Count, cancellationToken)).ToDictionary(channel => channel.ChannelId);
            var outcomes = channelIds.Select(id => Outcome(states.GetValueOrDefault(id), sequence)).ToArray();
            var left = limit - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || outcomes.All(outcome => outcome != ChannelConfirmationOutcome.TimedOut))
            {
                return [.. channelIds.Select((id, index) => new ChannelConfirmation { ChannelId = id, Outcome = outcomes[index] })];
            }

            await Task.WhenAny(news, Task.Delay(left < PollInterval ? left : PollInterval, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static ChannelConfirmationOutcome Outcome(RegisteredChannel? channel, long sequence) => channel switch
    {
        null => ChannelConfirmationOutcome.UnknownChannel,
        { Declaration.BlocksConfirmation: false } => ChannelConfirmationOutcome.DoesNotBlock,
        { Rollout.Mode: not ChannelMode.On } => ChannelConfirmationOutcome.Off,
        _ when channel.AcknowledgedSequence >= sequence => ChannelConfirmationOutcome.Confirmed,
        { Paused: true } => ChannelConfirmationOutcome.Paused,
        _ => ChannelConfirmationOutcome.TimedOut,
    };
}
