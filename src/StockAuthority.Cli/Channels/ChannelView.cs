using StockAuthority.ChangeFeed.V1;

namespace StockAuthority.Cli.Channels;

/// <summary>A channel as <c>--json</c> prints it.</summary>
internal sealed record ChannelView(
    string ChannelId, string Kind, string Owner, bool BlocksConfirmation, string CustomerSentence, string Rollout, long Version, bool Paused, string? PauseReason,
    bool Clean, IReadOnlyList<string> Against, long Pushes, long Errors, long Visible, long Late, long Compared, long Drift, long AcknowledgedSequence, long HeadSequence,
    string? LeaseHolder, long TaskNumber, bool TaskDone)
{
    public static ChannelView Of(RegisteredChannel channel) => new(
        channel.ChannelId, channel.Declaration.Kind, channel.Declaration.Owner, channel.Declaration.BlocksConfirmation, channel.Declaration.CustomerSentence,
        ChannelText.Rollout(channel.Rollout), channel.Version, channel.Paused, channel.Paused ? channel.PauseReason : null,
        channel.Checkpoint.Clean, channel.Checkpoint.Reasons, channel.Checkpoint.Window.PushCount, channel.Checkpoint.Window.ErrorCount,
        channel.Checkpoint.Window.VisibleCount, channel.Checkpoint.Window.LateCount, channel.Checkpoint.Window.ComparedCount, channel.Checkpoint.Window.DriftCount,
        channel.AcknowledgedSequence, channel.HeadSequence, channel.Lease?.Holder, channel.Task?.TaskNumber ?? 0, channel.Task?.Done ?? true);
}
