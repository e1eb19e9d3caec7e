using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Shouldly;
using StockAuthority.Core.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

public sealed class MovementChainTests
{
    private static readonly Movement Sample = new(
        1, Shop.Mug, StockState.Available, StockState.Reserved, 2, 1, 3, StockOperation.Reserve, "order-1", 7, "sheet-1", AdjustmentReason.Sale, "key-1", Shop.Opening, []);

    public static TheoryData<string, Movement> Edits() => new()
    {
        { "sequence", Sample with { Sequence = 2 } },
        { "SKU", Sample with { Key = Shop.Tea } },
        { "location", Sample with { Key = Shop.MugInLyon } },
        { "from", Sample with { From = StockState.Supply } },
        { "to", Sample with { To = StockState.Committed } },
        { "quantity", Sample with { Quantity = 3 } },
        { "level version", Sample with { LevelVersion = 2 } },
        { "available after", Sample with { AvailableAfter = 4 } },
        { "operation", Sample with { Operation = StockOperation.Adjust } },
        { "order", Sample with { OrderRef = "order-2" } },
        { "no order", Sample with { OrderRef = null } },
        { "reservation", Sample with { ReservationNumber = 8 } },
        { "document", Sample with { DocumentRef = null } },
        { "reason", Sample with { Reason = AdjustmentReason.Receipt } },
        { "idempotency key", Sample with { IdempotencyKey = "key-2" } },
        { "time of occurrence", Sample with { OccurredAt = Shop.Opening } },
        { "time", Sample with { RecordedAt = Shop.Opening.AddMicroseconds(1) } },
        { "text moved to the next field", Sample with { Key = new StockKey("mugb", "erlin") } },
        { "empty in place of no text", Sample with { OrderRef = "" } },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void An_edit_of_any_field_changes_the_hash(string field, Movement edited) =>
        Hash(edited).ShouldNotBe(Hash(Sample), field);

    [Fact]
    public void The_tenant_and_the_previous_hash_are_covered()
    {
        MovementChain.Next(MovementChain.Genesis, "tenant-2", Sample).ShouldNotBe(Hash(Sample));
        MovementChain.Next(Hash(Sample), LedgerModel.TenantId, Sample).ShouldNotBe(Hash(Sample));
    }

    /// <summary>Anyone can check a journal with this recipe; a change of it would break every chain that exists.</summary>
    [Fact]
    public void The_canonical_bytes_never_change() =>
        Convert.ToHexStringLower(Hash(Sample)).ShouldBe("d2e44b3acc127df5031fbe6bf3e132502bcb54e9697058bf0b8e2982372bc9df");

    [Fact]
    public void The_time_of_occurrence_follows_the_other_bytes()
    {
        byte[] canonical =
        [
            .. MovementChain.Genesis, .. Text(LedgerModel.TenantId), .. Number(1), .. Text("mug"), .. Text("berlin"), .. Number(1), .. Number(2),
            .. Number(2), .. Number(1), .. Number(3), .. Number(1), .. Text("order-1"), .. Number(7), .. Text("sheet-1"), .. Number((long)AdjustmentReason.Sale),
            .. Text("key-1"), .. Number((Shop.Opening - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond), .. Number(1_700_000_000_000_000),
        ];

        Hash(Sample with { OccurredAt = DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000) }).ShouldBe(SHA256.HashData(canonical));
    }

    /// <summary>Texts of any length, in place over the previous hash: both ways must be the one recipe.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(600)]
    [InlineData(20_000)]
    public void Long_texts_and_hashing_in_place_change_nothing(int length)
    {
        var movement = Sample with { IdempotencyKey = new string('é', length) };
        byte[] canonical =
        [
            .. MovementChain.Genesis, .. Text(LedgerModel.TenantId), .. Number(1), .. Text(movement.Key.Sku), .. Text(movement.Key.LocationId), .. Number(1), .. Number(2),
            .. Number(2), .. Number(1), .. Number(3), .. Number(1), .. Text("order-1"), .. Number(7), .. Text("sheet-1"), .. Number((long)AdjustmentReason.Sale),
            .. Text(movement.IdempotencyKey), .. Number((Shop.Opening - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond),
        ];
        var hash = MovementChain.Genesis;

        MovementChain.Next(hash, LedgerModel.TenantId, movement, hash);

        hash.ShouldBe(SHA256.HashData(canonical));
        Hash(movement).ShouldBe(hash);
    }

    [Fact]
    public void An_edited_a_dropped_and_a_swapped_movement_are_noticed() =>
        Gen.Select(RandomCommands.Of(20), Gen.Int[0, 1000], Gen.Int[0, 1000]).Sample(
            (steps, first, second) =>
            {
                var model = new LedgerModel();
                model.Stock(Shop.Mugs(8), Shop.Teas(4));
                foreach (var command in steps.Select(step => step.Command(model)).OfType<StockCommand>())
                {
                    model.Run(command);
                }

                var journal = model.Movements.ToList();
                FirstBroken(journal).ShouldBe(-1);
                var at = first % journal.Count;
                var other = second % journal.Count;

                FirstBroken([.. journal[..at], journal[at] with { Quantity = journal[at].Quantity + 1 }, .. journal[(at + 1)..]]).ShouldBe(at);
                FirstBroken([.. journal[..at], .. journal[(at + 1)..]]).ShouldBe(at == journal.Count - 1 ? -1 : at, "the journal's head knows its length");
                if (at != other)
                {
                    List<Movement> swapped = [.. journal];
                    (swapped[at], swapped[other]) = (swapped[other], swapped[at]);
                    FirstBroken(swapped).ShouldBe(Math.Min(at, other));
                }
            },
            iter: 200);

    private static byte[] Text(string text) => [.. Number(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    private static byte[] Number(long number) => [.. BitConverter.GetBytes(number).Reverse()];

    private static byte[] Hash(Movement movement) => MovementChain.Next(MovementChain.Genesis, LedgerModel.TenantId, movement);

    private static int FirstBroken(List<Movement> journal)
    {
        var hash = MovementChain.Genesis;
        for (var index = 0; index < journal.Count; index++)
        {
            hash = MovementChain.Next(hash, LedgerModel.TenantId, journal[index]);
            if (!hash.SequenceEqual(journal[index].Hash))
            {
                return index;
            }
        }

        return -1;
    }
}
