using System.Text;
using Google.Protobuf.WellKnownTypes;
using Shouldly;
using StockAuthority.Connectors.Pos.Incoming;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Inventory.V1;
using Xunit;

namespace StockAuthority.Connectors.Tests.Pos;

public sealed class IncomingTests
{
    private static readonly StockKey Apple = new("apple", "shop");
    private static readonly DateTimeOffset Noon = new(2025, 8, 20, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("IN_STOCK", "SOLD", AdjustmentReason.Sale, -3)]
    [InlineData("IN_STOCK", "SOLD_ONLINE", AdjustmentReason.Sale, -3)]
    [InlineData("IN_STOCK", "RESERVED_FOR_SALE", AdjustmentReason.Sale, -3)]
    [InlineData("IN_STOCK", "WASTE", AdjustmentReason.WriteOff, -3)]
    [InlineData("IN_STOCK", "NONE", AdjustmentReason.Shrinkage, -3)]
    [InlineData("NONE", "IN_STOCK", AdjustmentReason.Receipt, 3)]
    [InlineData("RECEIVED_FROM_VENDOR", "IN_STOCK", AdjustmentReason.Receipt, 3)]
    [InlineData("RESERVED_FOR_SALE", "IN_STOCK", AdjustmentReason.Correction, 3)]
    public void An_adjustment_is_booked_by_the_state_on_the_other_side_of_stock(string from, string to, AdjustmentReason reason, long units)
    {
        var adjust = Booking.Of(Read(Adjustment(from, to)), Apple, 0).ShouldBeOfType<Booking.Commands>().InOrder.ShouldHaveSingleItem().Adjust;
        (adjust.Reason, adjust.Lines[0].Quantity, adjust.IdempotencyKey, adjust.DocumentRef).ShouldBe((reason, units, "square:ADJ1", "square/TX1"));
        adjust.OccurTime.ToDateTimeOffset().ShouldBe(Noon);
    }

    [Theory]
    [InlineData("SOLD")]
    [InlineData("RETURNED_BY_CUSTOMER")]
    [InlineData("UNLINKED_RETURN")]
    public void What_comes_back_is_received_and_then_inspected(string from)
    {
        var commands = Booking.Of(Read(Adjustment(from, "IN_STOCK")), Apple, 0).ShouldBeOfType<Booking.Commands>().InOrder;
        commands.Select(command => command.CommandCase).ShouldBe([ExecuteCommand.CommandOneofCase.ReceiveReturn, ExecuteCommand.CommandOneofCase.InspectReturn]);
        commands[0].ReceiveReturn.DocumentRef.ShouldBe(commands[1].InspectReturn.DocumentRef);
        commands[0].ReceiveReturn.IdempotencyKey.ShouldNotBe(commands[1].InspectReturn.IdempotencyKey);
    }

    [Fact]
    public void What_does_not_touch_the_units_in_stock_is_nothing_and_what_has_no_word_is_for_people()
    {
        Booking.Of(Read(Adjustment("SOLD", "RETURNED_BY_CUSTOMER")), Apple, 0).ShouldBe(new Booking.Nothing("NOT_IN_STOCK"));
        Booking.Of(Read(Adjustment("IN_STOCK", "CUSTOM")), Apple, 0).ShouldBeOfType<Booking.Refused>().Reason.ShouldBe("UNSUPPORTED_STATE");
        Booking.Of(Read(Adjustment("IN_STOCK", "SOLD", "1.5")), Apple, 0).ShouldBeOfType<Booking.Refused>().Reason.ShouldBe("FRACTIONAL_QUANTITY");
    }

    [Fact]
    public void A_bundle_s_component_is_booked_by_what_became_of_the_bundle()
    {
        var change = Read(Adjustment("IN_STOCK", "COMPOSED", group: """,{"from_state":"IN_STOCK","to_state":"SOLD"}"""));
        Booking.Of(change, Apple, 0).ShouldBeOfType<Booking.Commands>().InOrder[0].Adjust.Reason.ShouldBe(AdjustmentReason.Sale);
    }

    [Fact]
    public void A_try_after_a_refusal_has_a_key_of_its_own_and_a_repetition_the_same()
    {
        var change = Read(Adjustment("IN_STOCK", "SOLD"));
        Booking.Of(change, Apple, 2).ShouldBeOfType<Booking.Commands>().InOrder[0].Adjust.IdempotencyKey.ShouldBe("square:ADJ1:2");
        var (first, second) = (Booking.Of(change, Apple, 0), Booking.Of(change, Apple, 0));
        first.ShouldBeOfType<Booking.Commands>().InOrder.ShouldBe(second.ShouldBeOfType<Booking.Commands>().InOrder);
    }

    [Theory]
    [InlineData("""{"type":"PHYSICAL_COUNT","physical_count":{"id":"C1","reference_id":"stockauthority/12","catalog_object_id":"a","state":"IN_STOCK","location_id":"l","quantity":"7","occurred_at":"2025-08-20T12:00:00Z","created_at":"2025-08-20T12:00:00Z"}}""", true)]
    [InlineData("""{"type":"PHYSICAL_COUNT","physical_count":{"id":"C1","reference_id":"sheet 12","catalog_object_id":"a","state":"IN_STOCK","location_id":"l","quantity":"7","occurred_at":"2025-08-20T12:00:00Z","created_at":"2025-08-20T12:00:00Z"}}""", false)]
    public void Our_own_counts_are_known_by_their_reference(string body, bool isEcho) => Read(body).IsEcho.ShouldBe(isEcho);

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"type":"TRANSFER","transfer":{"id":"T1"}}""")]
    [InlineData("""{"type":"ADJUSTMENT","adjustment":{"id":"A1","from_state":"IN_STOCK"}}""")]
    public void Whatever_cannot_be_read_is_a_change_all_the_same(string body)
    {
        var change = Read(body);
        (change.Type, change.IsEcho, change.Id.Length).ShouldBe(("", false, 75));
        Read(body).Id.ShouldBe(change.Id);
    }

    [Fact]
    public void A_till_s_clock_that_is_ahead_counts_as_when_Square_received_it() =>
        Read(Adjustment("IN_STOCK", "SOLD", occurredAt: "2025-08-21T12:00:00Z")).OccurredAt.ShouldBe(Noon.AddMinutes(1));

    [Fact]
    public void A_count_knows_what_moved_on_the_shelf_after_it_by_when_it_happened()
    {
        Movement[] journal =
        [
            Moved(10, StockState.Supply, StockState.Available, -60),
            Moved(2, StockState.Available, StockState.Supply, recordedMinutes: 5, occurredMinutes: -5),
            Moved(3, StockState.Available, StockState.Reserved, 6),
            Moved(4, StockState.Committed, StockState.Customer, 7),
            Moved(1, StockState.Supply, StockState.Shortfall, 8),
            Moved(9, StockState.Supply, StockState.Available, 9, location: "elsewhere"),
        ];

        // The sale of before the count is in it; the reservation is still on the shelf; four were handed over, and one is owed.
        CountMath.MovedSince(Noon, Apple, journal).ShouldBe(-5);
        CountMath.MovedSince(Noon, Apple, null).ShouldBeNull();
    }

    [Fact]
    public void The_signature_is_over_the_address_and_the_body()
    {
        var (url, body) = (new Uri("https://example.com/webhooks/square"), "{}"u8.ToArray());

        // printf 'https://example.com/webhooks/square{}' | openssl dgst -sha256 -hmac key -binary | base64
        const string Signature = "z3lvo48nDEabyCumsZqvDp12uU/bcJjo9qoljsOckIQ=";
        SquareSignature.Matches(Signature, url, body, ["another", "key"]).ShouldBeTrue();
        SquareSignature.Matches(Signature, url, body, ["another"]).ShouldBeFalse();
        SquareSignature.Matches(Signature, url, "{ }"u8, ["key"]).ShouldBeFalse();
        SquareSignature.Matches(Signature, new Uri("https://example.com/webhooks"), body, ["key"]).ShouldBeFalse();
        SquareSignature.Matches("not base64", url, body, ["key"]).ShouldBeFalse();
        SquareSignature.Matches(null, url, body, ["key"]).ShouldBeFalse();
    }

    private static TillChange Read(string body) => TillChange.Read(Encoding.UTF8.GetBytes(body));

    private static string Adjustment(string from, string to, string quantity = "3", string occurredAt = "2025-08-20T12:00:00Z", string group = "") =>
        $$"""
        {"type":"ADJUSTMENT","adjustment":{"id":"ADJ1","from_state":"{{from}}","to_state":"{{to}}","location_id":"L","catalog_object_id":"O","quantity":"{{quantity}}",
        "occurred_at":"{{occurredAt}}","created_at":"2025-08-20T12:01:00Z","transaction_id":"TX1"{{(group.Length > 0 ? ",\"adjustment_group\":" + group[1..] : "")}} } }
        """;

    private static Movement Moved(long quantity, StockState from, StockState to, int recordedMinutes, int? occurredMinutes = null, string location = "shop") => new()
    {
        Sku = Apple.Sku,
        LocationId = location,
        Quantity = quantity,
        FromState = from,
        ToState = to,
        RecordTime = Timestamp.FromDateTimeOffset(Noon.AddMinutes(recordedMinutes)),
        OccurTime = occurredMinutes is { } minutes ? Timestamp.FromDateTimeOffset(Noon.AddMinutes(minutes)) : null,
    };
}
