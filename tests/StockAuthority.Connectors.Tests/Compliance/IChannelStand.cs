namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>A channel's simulator, as far as the suite needs to know it.</summary>
internal interface IChannelStand : IAsyncDisposable
{
    /// <summary>How many calls that write reached the channel.</summary>
    int Calls { get; }

    /// <summary>Whether a call that comes again under its key has no effect again. Without keys, the same level is set again.</summary>
    bool KnowsKeys { get; }

    /// <summary>Every change of what the channel shows, in order.</summary>
    IReadOnlyList<(string Sku, long Units)> Applied { get; }

    /// <summary>Starts the channel's real connector on this feed, as one more instance. Disposing it stops it.</summary>
    Task<IAsyncDisposable> ConnectAsync(Hosts.FeedHost feed, params string[] settings);

    Task FaultAsync(ChannelFault fault);

    /// <summary>The most units that the channel takes; null where no level can be beyond it.</summary>
    long? LargestQuantity => null;

    /// <summary>Settings that map what <see cref="MappedKey"/> names to something that the channel does not know, and the channel knows none of it.</summary>
    Task<string[]> MapWrongAsync() => throw new NotSupportedException("Only channels that show levels have a mapping.");

    /// <summary>What <see cref="MapWrongAsync"/> maps wrong.</summary>
    (string Sku, string Location) MappedKey => ("refused", "shop");

    /// <summary>Null where the channel does not know the SKU.</summary>
    Task<long?> ShownAsync(string sku);

    /// <summary>Somebody else, or an old backup, has the channel show this.</summary>
    Task OverwriteAsync(string sku, long units);
}

/// <summary>How a channel misbehaves; until the next one is asked for, or for so many calls.</summary>
internal enum ChannelFault
{
    None,
    Latency,
    TwoThrottled,
    TwoErrors,
    TwoErrorsAfterApplying,
    TwoResets,
    TwoResetsAfterApplying,
    Down,

    /// <summary>One call is answered with an error and has its effect 600 ms later.</summary>
    OneLate,

    /// <summary>401: the token is not good any more.</summary>
    Revoked,

    /// <summary>A 4xx that the channel's documentation does not know.</summary>
    Nonsense,

    /// <summary>The SKU "refused" is refused for good.</summary>
    RefusesOne,

    /// <summary>The channel does not know the SKU "refused".</summary>
    KnowsNotOne,

    /// <summary>Every call that is about the SKU "refused" is answered with a 4xx that the channel's documentation does not know.</summary>
    NonsenseAboutOne,
}
