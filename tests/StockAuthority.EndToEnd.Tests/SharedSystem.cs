using Xunit;

namespace StockAuthority.EndToEnd.Tests;

/// <summary>One system for all tests, one test at a time: some end its processes.</summary>
[CollectionDefinition(Name)]
public sealed class SharedSystem : ICollectionFixture<WholeSystem>
{
    public const string Name = "system";
}
