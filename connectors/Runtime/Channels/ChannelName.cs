namespace StockAuthority.Connectors.Runtime.Channels;

/// <summary>What the channel is called in metrics, logs and cases, whatever kind of channel it is.</summary>
internal sealed record ChannelName(string Value);
