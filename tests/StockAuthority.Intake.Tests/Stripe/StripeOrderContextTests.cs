using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Shouldly;
using StockAuthority.Intake.Stripe;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Stripe;

public sealed class StripeOrderContextTests
{
    private const string Good = """{"sku":"TEE-M","location_id":"store-1","quantity":1}""";

    [Theory]
    [InlineData("not json", 1)]
    [InlineData("{}", 1)]
    [InlineData("[1]", 1)]
    [InlineData("""[{"sku":"A","location_id":"L"}]""", 1)]
    [InlineData("""[{"sku":"A","location_id":"L","quantity":0}]""", 1)]
    [InlineData("""[{"sku":"A","location_id":"L","quantity":-1}]""", 1)]
    [InlineData("""[{"sku":"A","location_id":"L","quantity":1.5}]""", 1)]
    [InlineData("""[{"sku":"A","location_id":"L","quantity":"1"}]""", 1)]
    [InlineData("""[{"sku":"A","location_id":"L","quantity":9007199254740993}]""", 1)]
    [InlineData("""[{"sku":"A","location_id":"L","quantity":99999999999999999999}]""", 1)]
    [InlineData("""[{"sku":"A","location_id":"L","quantity":1,"quantity":100}]""", 1)]
    [InlineData("""[{"sku":"","location_id":"L","quantity":1}]""", 1)]
    [InlineData("""[{"sku":"A\u0000","location_id":"L","quantity":1}]""", 1)]
    [InlineData("""[{"location_id":"","quantity":0}]""", 3)]
    [InlineData("""[{"sku":"A","location_id":"L","quantity":1},{}]""", 3)]
    public void Lines_with_a_defect_are_left_out_whole_and_each_defect_is_named(string lines, int problemCount)
    {
        var translated = Translate(StripeBodies.Order(lines));
        translated.EventType.ShouldBe(PaymentEventType.AuthCreated);
        translated.OrderRef.ShouldBe("order-1");
        translated.Lines.ShouldBeEmpty();
        translated.Problems.Count.ShouldBe(problemCount);
        translated.Problems.ShouldAllBe(problem => problem.Contains("stock_lines", StringComparison.Ordinal));
    }

    [Fact]
    public void Lines_that_are_cut_into_pieces_of_500_characters_are_read_as_one() =>
        Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 40], Gen.Long[1, 1L << 53]).Array[1, 60].Sample(lines =>
        {
            var json = JsonSerializer.Serialize(lines.Select(line => new { sku = line.Item1, location_id = "store-1", quantity = line.Item2 }));
            var metadata = new JsonObject { ["order_ref"] = "order-1" };
            foreach (var (position, piece) in json.Chunk(500).Index())
            {
                metadata[position == 0 ? "stock_lines" : string.Create(CultureInfo.InvariantCulture, $"stock_lines_{position + 1}")] = new string(piece);
            }

            var translated = Translate(metadata);
            translated.Problems.ShouldBeEmpty();
            translated.Lines.Select(line => (line.Sku, line.Quantity)).ShouldBe(lines);
        });

    [Fact]
    public void A_missing_piece_is_a_problem()
    {
        var gap = StripeBodies.Order($"[{Good}");
        gap["stock_lines_3"] = "]";
        Translate(gap).Problems.ShouldBe(["metadata.stock_lines_2 is missing although a later continuation is there"]);

        var headless = new JsonObject { ["stock_lines_2"] = $"[{Good}]" };
        Translate(headless).Problems.ShouldBe(["metadata.stock_lines is missing although a continuation of it is there"]);
    }

    [Fact]
    public void More_lines_than_a_reservation_can_have_are_a_problem() =>
        Translate(StripeBodies.Order($"[{string.Join(',', Enumerable.Repeat(Good, 201))}]")).Problems.Single().ShouldContain("more than 200 lines");

    [Fact]
    public void Many_defects_are_listed_up_to_a_bound()
    {
        var translated = Translate(StripeBodies.Order($"[{string.Join(',', Enumerable.Repeat("{}", 100))}]"));
        translated.Problems.Count.ShouldBe(21);
        translated.Problems[^1].ShouldBe("and 280 more");
    }

    [Fact]
    public void Metadata_without_an_order_is_no_problem_of_the_event()
    {
        var translated = Translate([]);
        translated.OrderRef.ShouldBeEmpty();
        translated.Lines.ShouldBeEmpty();
        translated.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void An_order_ref_that_could_not_be_stored_is_a_problem()
    {
        var metadata = StripeBodies.Order();
        metadata["order_ref"] = new string('x', 129);
        var translated = Translate(metadata);
        translated.OrderRef.ShouldBeEmpty();
        translated.Problems.Single().ShouldContain("metadata.order_ref");
    }

    [Fact]
    public void Problems_never_quote_the_values() =>
        Translate(StripeBodies.Order("""[{"sku":"A","location_id":"L","quantity":"4242424242424242"}]""")).Problems.Single().ShouldNotContain("4242424242424242");

    private static PaymentEvent Translate(JsonObject metadata) => StripeTranslation.Translate(
        Rows.Of(StripeBodies.Event("payment_intent.amount_capturable_updated", StripeBodies.Intent(capturable: 1000, metadata: metadata))), account: null);
}
