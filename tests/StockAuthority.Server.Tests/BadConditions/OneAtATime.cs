using Xunit;

namespace StockAuthority.Server.Tests.BadConditions;

/// <summary>Tests that bring servers, databases and disks down. One at a time: each loads the machine by itself.</summary>
[CollectionDefinition(nameof(OneAtATime))]
public sealed class OneAtATime;
