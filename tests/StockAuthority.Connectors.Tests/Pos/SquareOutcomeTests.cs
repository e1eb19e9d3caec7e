using System.Net;
using Shouldly;
using StockAuthority.Connectors.Pos.Square;
using StockAuthority.Connectors.Runtime;
using Xunit;

namespace StockAuthority.Connectors.Tests.Pos;

public sealed class SquareOutcomeTests
{
    private static readonly LevelChange Apple = new(new StockKey("apple", "shop"), 7, 3, 12, DateTimeOffset.UnixEpoch);
    private static readonly BatchChangeRequest Request = new("key", false, [new("PHYSICAL_COUNT", new("stockauthority/12", "apple", "IN_STOCK", "shop", "7", ""))]);

    [Fact]
    public void A_success_confirms() => Of(HttpStatusCode.OK, new([], [new("apple", "IN_STOCK", "shop", "7.00000")]))
        .ShouldBeOfType<PushResult.Confirmed>().Differing.ShouldBeEmpty();

    [Fact]
    public void A_count_that_reads_back_differently_is_reported() => Of(HttpStatusCode.OK, new([], [new("apple", "IN_STOCK", "shop", "6")]))
        .ShouldBeOfType<PushResult.Confirmed>().Differing.ShouldBe([Apple.Key]);

    [Fact]
    public void A_success_without_a_Square_body_confirms_nothing() => Of(HttpStatusCode.OK, null).ShouldBeOfType<PushResult.Unavailable>();

    [Fact]
    public void A_named_change_is_the_suspect()
    {
        var refused = Of(HttpStatusCode.BadRequest, Error("INVALID_REQUEST_ERROR", "NOT_FOUND", "changes[4].physical_count.catalog_object_id")).ShouldBeOfType<PushResult.Refused>();
        refused.Suspects.ShouldBe([4]);
        refused.Refusal.ShouldBe(new Refusal(400, "NOT_FOUND", "changes[4].physical_count.catalog_object_id", "detail", "key", "answer-1"));
    }

    [Theory]
    [InlineData(400, "INVALID_REQUEST_ERROR", "BAD_REQUEST", null)]
    [InlineData(400, "INVALID_REQUEST_ERROR", "IDEMPOTENCY_KEY_REUSED", "idempotency_key")]
    [InlineData(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", null)]
    [InlineData(413, "INVALID_REQUEST_ERROR", "REQUEST_ENTITY_TOO_LARGE", null)]
    public void What_the_push_carries_is_refused(int status, string category, string code, string? field) =>
        Of((HttpStatusCode)status, Error(category, code, field)).ShouldBeOfType<PushResult.Refused>();

    [Theory]
    [InlineData(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", null)]
    [InlineData(403, "AUTHENTICATION_ERROR", "FORBIDDEN", null)]
    [InlineData(400, "INVALID_REQUEST_ERROR", "INVALID_SQUARE_VERSION_FORMAT", null)]
    [InlineData(400, "INVALID_REQUEST_ERROR", "MISSING_REQUIRED_PARAMETER", "Square-Version")]
    [InlineData(400, "INVALID_REQUEST_ERROR", "INVALID_VALUE", "changes[0].physical_count.occurred_at")]
    [InlineData(408, "INVALID_REQUEST_ERROR", "REQUEST_TIMEOUT", null)]
    [InlineData(500, "API_ERROR", "INTERNAL_SERVER_ERROR", null)]
    [InlineData(503, "INVALID_REQUEST_ERROR", "BAD_REQUEST", null)]
    public void What_is_not_the_push_s_fault_is_tried_again(int status, string category, string code, string? field) =>
        Of((HttpStatusCode)status, Error(category, code, field)).ShouldBeOfType<PushResult.Unavailable>();

    [Fact]
    public void An_error_page_of_something_in_between_is_tried_again() => Of(HttpStatusCode.NotFound, null).ShouldBeOfType<PushResult.Unavailable>().Reason.ShouldBe("HTTP_404");

    [Fact]
    public void A_rate_limit_throttles() => SquareOutcome
        .Of(Request, [Apple], new(HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(3), null, Error("RATE_LIMIT_ERROR", "RATE_LIMITED", null)))
        .ShouldBe(new PushResult.Throttled(TimeSpan.FromSeconds(3)));

    private static PushResult Of(HttpStatusCode status, BatchChangeAnswer? answer) => SquareOutcome.Of(Request, [Apple], new(status, null, "answer-1", answer));

    private static BatchChangeAnswer Error(string category, string code, string? field) => new([new(category, code, "detail", field)], null);
}
