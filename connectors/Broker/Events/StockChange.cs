namespace StockAuthority.Connectors.Broker.Events;

/// <summary>A movement as an event platform gets it.</summary>
/// <param name="Sequence">Of the movement.</param>
/// <param name="Id">The event's id: the same whenever the same movement is sent again.</param>
/// <param name="Key">The stock key: events of one key stay in order.</param>
/// <param name="RoutingKey">The stock key as the words of a topic exchange.</param>
/// <param name="Time">When the authority recorded it.</param>
/// <param name="Body">The CloudEvent in structured mode.</param>
internal sealed record StockChange(long Sequence, string Id, string Key, string RoutingKey, DateTimeOffset Time, ReadOnlyMemory<byte> Body);
