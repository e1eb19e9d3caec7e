using CsCheck;
using Google.Protobuf.WellKnownTypes;
using Shouldly;
using StockAuthority.Connectors.Runtime.Delivery;
using StockAuthority.Inventory.V1;
using Xunit;

namespace StockAuthority.Connectors.Tests.Runtime;

public sealed class LevelBacklogTests
{
    [Fact]
    public void Movements_of_one_key_become_its_latest_level()
    {
        var backlog = new LevelBacklog(0);
        backlog.Add(Movement(1, "apple", 1));
        backlog.Add(Movement(2, "apple", 2));
        var level = backlog.Take(10).ShouldHaveSingleItem();
        level.Change.Version.ShouldBe(2);
        level.FirstSequence.ShouldBe(1);
    }

    [Fact]
    public void What_is_being_pushed_is_not_settled()
    {
        var backlog = new LevelBacklog(0);
        backlog.Add(Movement(1, "apple", 1));
        backlog.Take(10);
        backlog.Add(Movement(2, "pear", 1));
        backlog.SettledSequence.ShouldBe(0);
        backlog.Settle([]);
        backlog.SettledSequence.ShouldBe(1);
    }

    [Fact]
    public void A_level_that_comes_back_gives_way_to_a_newer_one_and_keeps_its_place_in_the_journal()
    {
        var backlog = new LevelBacklog(0);
        backlog.Add(Movement(1, "apple", 1));
        var taken = backlog.Take(10);
        backlog.Add(Movement(2, "apple", 2));
        backlog.Settle(taken);
        backlog.SettledSequence.ShouldBe(0);
        backlog.Take(10).ShouldHaveSingleItem().Change.Version.ShouldBe(2);
    }

    [Fact]
    public void Whatever_happens_the_settled_sequence_never_passes_a_movement_that_no_confirmed_level_covers() =>
        Gen.Int[0, 4].Array[1, 60].Select(Gen.Int[0, 100].Array[60]).Sample((skus, choices) => Play(skus, choices), iter: 2000);

    private static void Play(int[] skus, int[] choices)
    {
        var backlog = new LevelBacklog(0);
        var versions = new Dictionary<string, long>();
        var confirmed = new Dictionary<string, long>();
        var journal = new List<Movement>();
        for (var step = 0; step < skus.Length; step++)
        {
            var sku = "sku-" + skus[step];
            versions[sku] = versions.GetValueOrDefault(sku) + 1;
            journal.Add(Movement(step + 1, sku, versions[sku]));
            backlog.Add(journal[^1]);
            if (choices[step] > 50)
            {
                var taken = backlog.Take(1 + (choices[step] % 3));
                var kept = taken.Where((_, index) => (choices[step] >> index) % 2 == 0).ToArray();
                foreach (var level in taken.Except(kept))
                {
                    level.Change.Version.ShouldBeGreaterThan(confirmed.GetValueOrDefault(level.Change.Key.Sku));
                    confirmed[level.Change.Key.Sku] = level.Change.Version;
                }

                backlog.Settle(kept);
            }

            journal.Take((int)backlog.SettledSequence).ShouldAllBe(movement => movement.LevelVersion <= confirmed.GetValueOrDefault(movement.Sku));
        }

        while (backlog.Count > 0)
        {
            backlog.Take(2);
            backlog.Settle([]);
        }

        backlog.SettledSequence.ShouldBe(skus.Length);
    }

    private static Movement Movement(long sequence, string sku, long version) => new()
    {
        Sequence = sequence,
        Sku = sku,
        LocationId = "shop",
        FromState = StockState.Supply,
        ToState = StockState.Available,
        LevelVersion = version,
        AvailableAfter = version,
        RecordTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(sequence)),
    };
}
