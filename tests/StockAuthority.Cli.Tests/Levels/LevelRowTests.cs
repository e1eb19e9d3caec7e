using Shouldly;
using StockAuthority.Cli.Levels;
using Xunit;

namespace StockAuthority.Cli.Tests.Levels;

public sealed class LevelRowTests
{
    private static readonly LevelRow Row = new(7, "mug", "berlin", 3);

    [Fact]
    public void The_key_is_the_same_wherever_the_row_stands_and_whoever_sends_it() =>
        (Row with { Line = 8 }).Key("opening").Text.ShouldBe("import:42baba235671fa76a40f20f92961a856f2ad7b813f622137ae9e31bc7c036b84");

    [Fact]
    public void Whatever_differs_makes_another_key()
    {
        string[] keys =
        [
            Row.Key("opening").Text,
            Row.Key("opening2").Text,
            (Row with { Sku = "mugb", LocationId = "erlin" }).Key("opening").Text,
            (Row with { LocationId = "berlin2" }).Key("opening").Text,
            (Row with { Quantity = 4 }).Key("opening").Text,
        ];
        keys.ShouldBeUnique();
        keys.ShouldAllBe(key => key.Length <= 128);
    }

    [Fact]
    public void The_place_is_the_sku_and_the_location()
    {
        (Row with { Line = 8, Quantity = 9 }).Place.ShouldBe(Row.Place);
        (Row with { Sku = "mugb", LocationId = "erlin" }).Place.ShouldNotBe(Row.Place);
    }
}
