using Xunit;

namespace StockAuthority.EndToEnd.Tests.Channels;

/// <summary>One system for these tests, one test at a time, and beside nothing that is timed.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FourChannelsCollection : ICollectionFixture<FourChannels>
{
    public const string Name = "channels";
}
