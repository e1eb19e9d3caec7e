using System.Globalization;
using StockAuthority.ChangeFeed.V1;

namespace StockAuthority.Cli.Channels;

/// <summary>Channels as text for people.</summary>
internal static class ChannelText
{
    /// <summary>Null where it is none.</summary>
    public static ChannelRollout? Rollout(string text) => text switch
    {
        "off" => new ChannelRollout { Mode = ChannelMode.Off },
        "shadow" => new ChannelRollout { Mode = ChannelMode.Shadow },
        "25" or "50" or "100" => new ChannelRollout { Mode = ChannelMode.On, Percent = int.Parse(text, CultureInfo.InvariantCulture) },
        _ when text.StartsWith("at:", StringComparison.Ordinal) && text.Length > 3 =>
            new ChannelRollout { Mode = ChannelMode.On, LocationIds = { text[3..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) } },
        _ => null,
    };

    public static string Rollout(ChannelRollout rollout) => rollout.Mode switch
    {
        ChannelMode.On when rollout.LocationIds.Count > 0 => "at:" + string.Join(',', rollout.LocationIds),
        ChannelMode.On => rollout.Percent.ToString(CultureInfo.InvariantCulture),
        ChannelMode.Shadow => "shadow",
        _ => "off",
    };

    public static string Of(IReadOnlyList<RegisteredChannel> channels) =>
        channels.Count == 0 ? "There are no channels." : string.Join(Environment.NewLine + Environment.NewLine, channels.Select(Of));

    private static string Of(RegisteredChannel channel)
    {
        var window = channel.Checkpoint.Window;
        return string.Create(CultureInfo.InvariantCulture, $"""
            {channel.ChannelId} ({channel.Declaration.Kind}), owner {channel.Declaration.Owner}
              rollout      {Rollout(channel.Rollout)}, version {channel.Version}{(channel.Paused ? ", PAUSED: " + channel.PauseReason : "")}
              checkpoint   {(channel.Checkpoint.Clean ? "clean" : "not clean: " + string.Join(", ", channel.Checkpoint.Reasons))}
              window       {window.PushCount} calls, {window.ErrorCount} failed; {window.VisibleCount} changes visible, {window.LateCount} late; {window.ComparedCount} compared, {window.DriftCount} differ
              delivered    to {channel.AcknowledgedSequence} of {channel.HeadSequence}, {channel.LatestHealth?.QueueDepth ?? 0} wait{(channel.LatestHealth?.OldestUndeliveredAge is { } age ? $", the oldest for {age.ToTimeSpan():c}" : "")}
              works        {(channel.Lease is { Holder.Length: > 0 } lease ? lease.Holder : "nobody")}
              task         {(channel.Task is { } task ? $"{task.TaskNumber} {(task.Resync ? "resync" : "replay")}, {(task.Done ? "done" : "under way")}" : "none")}
              when down    {channel.Declaration.CustomerSentence}
            """);
    }
}
