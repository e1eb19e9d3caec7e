using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using StockAuthority.Connectors.Tests.Hosts;
using Xunit;

namespace StockAuthority.Connectors.Tests.Simulators;

public sealed class SquareSimulatorTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private SquareHost _square = null!;

    public async ValueTask InitializeAsync() => _square = await SquareHost.StartAsync();

    public ValueTask DisposeAsync() => _square.DisposeAsync();

    [Fact]
    public async Task A_count_is_applied_and_answered_with_the_current_counts()
    {
        var (status, answer) = await ChangeAsync("k1", Count("apple", "53", Now));
        status.ShouldBe(HttpStatusCode.OK);
        var count = answer["counts"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)count["catalog_object_id"]).ShouldBe("apple");
        ((string?)count["catalog_object_type"]).ShouldBe("ITEM_VARIATION");
        ((string?)count["state"]).ShouldBe("IN_STOCK");
        ((string?)count["quantity"]).ShouldBe("53");
        answer["errors"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_token_is_401_UNAUTHORIZED()
    {
        using var http = new HttpClient { BaseAddress = new Uri(_square.Address) };
        http.DefaultRequestHeaders.Add("Square-Version", "2025-08-20");
        using var response = await http.GetAsync(new Uri("/v2/inventory/apple", UriKind.Relative));
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        FirstError(await BodyAsync(response)).ShouldBe(("AUTHENTICATION_ERROR", "UNAUTHORIZED", null));
    }

    [Theory]
    [InlineData(null, "MISSING_REQUIRED_PARAMETER")]
    [InlineData("newest", "INVALID_SQUARE_VERSION_FORMAT")]
    public async Task A_missing_or_malformed_version_is_refused(string? version, string code)
    {
        _square.Http.DefaultRequestHeaders.Remove("Square-Version");
        _square.Http.DefaultRequestHeaders.Add("Square-Version", version);
        using var response = await _square.Http.GetAsync(new Uri("/v2/inventory/apple", UriKind.Relative));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        FirstError(await BodyAsync(response)).Code.ShouldBe(code);
    }

    [Fact]
    public async Task The_same_key_and_body_get_the_same_answer_and_are_applied_once()
    {
        var (_, first) = await ChangeAsync("k1", Count("apple", "5", Now.AddSeconds(-2)));
        await ChangeAsync("k2", Count("apple", "6", Now.AddSeconds(-1)));
        var (status, again) = await ChangeAsync("k1", Count("apple", "5", Now.AddSeconds(-2)));
        status.ShouldBe(HttpStatusCode.OK);
        again.ToJsonString().ShouldBe(first.ToJsonString());
        (await _square.QuantityAsync("apple")).ShouldBe("6");
        _square.Log.AppliedChanges.ShouldBe(2);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_IDEMPOTENCY_KEY_REUSED()
    {
        await ChangeAsync("k1", Count("apple", "5", Now));
        var (status, answer) = await ChangeAsync("k1", Count("apple", "6", Now));
        status.ShouldBe(HttpStatusCode.BadRequest);
        FirstError(answer).ShouldBe(("INVALID_REQUEST_ERROR", "IDEMPOTENCY_KEY_REUSED", "idempotency_key"));
    }

    [Fact]
    public async Task An_older_count_does_not_replace_a_newer_one()
    {
        await ChangeAsync("k1", Count("apple", "5", Now));
        var (status, answer) = await ChangeAsync("k2", Count("apple", "9", Now.AddMinutes(-1)));
        status.ShouldBe(HttpStatusCode.OK);
        ((string?)answer["counts"]![0]!["quantity"]).ShouldBe("5");
    }

    [Fact]
    public async Task An_unchanged_count_is_ignored_with_its_time_unless_the_request_says_otherwise()
    {
        await ChangeAsync("k1", Count("apple", "5", Now.AddMinutes(-3)));
        await ChangeAsync("k2", Count("apple", "5", Now.AddMinutes(-1)));
        await ChangeAsync("k3", Count("apple", "9", Now.AddMinutes(-2)));
        (await _square.QuantityAsync("apple")).ShouldBe("9");

        await SendAsync("k4", false, [Count("apple", "9", Now)]);
        await ChangeAsync("k5", Count("apple", "1", Now.AddSeconds(-1)));
        (await _square.QuantityAsync("apple")).ShouldBe("9");
    }

    [Fact]
    public async Task More_than_100_changes_are_refused()
    {
        var (status, answer) = await ChangeAsync("k1", [.. Enumerable.Range(0, 101).Select(item => Count($"item-{item}", "1", Now))]);
        status.ShouldBe(HttpStatusCode.BadRequest);
        FirstError(answer).ShouldBe(("INVALID_REQUEST_ERROR", "ARRAY_LENGTH_TOO_LONG", "changes"));
        _square.Log.AppliedChanges.ShouldBe(0);
    }

    [Fact]
    public async Task A_bad_change_refuses_the_whole_batch_and_every_bad_field_is_named()
    {
        var bad = Count("", "1.123456", Now.AddHours(-25));
        var (status, answer) = await ChangeAsync("k1", Count("apple", "1", Now), bad);
        status.ShouldBe(HttpStatusCode.BadRequest);
        answer["errors"]!.AsArray().Select(error => ((string?)error!["code"], (string?)error["field"])).ShouldBe(
        [
            ("VALUE_EMPTY", "changes[1].physical_count.catalog_object_id"),
            ("INVALID_VALUE", "changes[1].physical_count.quantity"),
            ("INVALID_VALUE", "changes[1].physical_count.occurred_at"),
        ]);
        _square.Log.AppliedChanges.ShouldBe(0);
    }

    [Theory]
    [InlineData(1, "INVALID_VALUE")]
    [InlineData(-25, "INVALID_VALUE")]
    public async Task A_time_in_the_future_or_older_than_24_hours_is_refused(int hours, string code)
    {
        var (_, answer) = await ChangeAsync("k1", Count("apple", "1", Now.AddHours(hours)));
        FirstError(answer).ShouldBe(("INVALID_REQUEST_ERROR", code, "changes[0].physical_count.occurred_at"));
    }

    [Theory]
    [InlineData("idempotency_key", 129, "VALUE_TOO_LONG")]
    [InlineData("idempotency_key", 0, "VALUE_EMPTY")]
    public async Task A_key_has_1_to_128_characters(string field, int length, string code)
    {
        var (_, answer) = await ChangeAsync(new string('k', length), Count("apple", "1", Now));
        FirstError(answer).ShouldBe(("INVALID_REQUEST_ERROR", code, field));
    }

    [Fact]
    public async Task Counts_are_retrieved_by_filter_newest_first_and_in_pages()
    {
        await ChangeAsync("k1", Count("apple", "1", Now), Count("pear", "2", Now));
        await ChangeAsync("k2", Count("plum", "3", Now));
        await ChangeAsync("k3", Count("fig", "4", Now, "depot"));
        var first = await RetrieveAsync("""{"location_ids":["shop"],"limit":2}""");
        Names(first)[0].ShouldBe("plum");
        var second = await RetrieveAsync($$"""{"location_ids":["shop"],"limit":2,"cursor":"{{(string?)first["cursor"]}}"}""");
        Names(first).Concat(Names(second)).ShouldBe(["plum", "apple", "pear"], ignoreOrder: true);
        second["cursor"].ShouldBeNull();
        Names(await RetrieveAsync("""{"catalog_object_ids":["fig"]}""")).ShouldBe(["fig"]);
        Names(await RetrieveAsync("""{"states":["WASTE"]}""")).ShouldBeEmpty();
        FirstError(await RetrieveAsync("""{"cursor":"?"}""")).Code.ShouldBe("INVALID_CURSOR");
        FirstError(await RetrieveAsync("""{"limit":1001}""")).Code.ShouldBe("VALUE_TOO_HIGH");
    }

    [Fact]
    public async Task More_requests_than_the_rate_limit_are_429_with_Retry_After()
    {
        await using var slow = await SquareHost.StartAsync(settings: "--Simulator:RequestsPerSecond=1");
        var responses = new List<HttpResponseMessage>();
        for (var request = 0; request < 3; request++)
        {
            responses.Add(await slow.Http.GetAsync(new Uri("/v2/inventory/apple", UriKind.Relative)));
        }

        var limited = responses.Last(response => response.StatusCode == HttpStatusCode.TooManyRequests);
        limited.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        FirstError(await BodyAsync(limited)).ShouldBe(("RATE_LIMIT_ERROR", "RATE_LIMITED", null));
        responses.ForEach(response => response.Dispose());
    }

    [Fact]
    public async Task Faults_last_as_long_as_they_were_asked_for_and_are_seen_in_the_statistics()
    {
        await _square.FaultAsync("""{"status":503,"count":1}""");
        var (first, answer) = await ChangeAsync("k1", Count("apple", "1", Now));
        first.ShouldBe(HttpStatusCode.ServiceUnavailable);
        FirstError(answer).ShouldBe(("API_ERROR", "SERVICE_UNAVAILABLE", null));
        var (second, _) = await ChangeAsync("k1", Count("apple", "1", Now));
        second.ShouldBe(HttpStatusCode.OK);
        await Eventually.HoldsAsync(async () =>
        {
            var statistics = await _square.Http.GetFromJsonAsync<JsonNode>(new Uri("/simulator/requests", UriKind.Relative));
            return (long?)statistics!["applied_changes"] == 1
                && statistics["recent_requests"]!.AsArray().Select(request => (int?)request!["status"]).SequenceEqual([503, 200]);
        });
    }

    private static object Count(string catalogObjectId, string quantity, DateTimeOffset occurredAt, string locationId = "shop") => new
    {
        type = "PHYSICAL_COUNT",
        physical_count = new
        {
            catalog_object_id = catalogObjectId,
            location_id = locationId,
            state = "IN_STOCK",
            quantity,
            occurred_at = occurredAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        },
    };

    private Task<(HttpStatusCode Status, JsonNode Answer)> ChangeAsync(string key, params object[] changes) => SendAsync(key, null, changes);

    private async Task<(HttpStatusCode Status, JsonNode Answer)> SendAsync(string key, bool? ignoreUnchanged, object[] changes)
    {
        using var content = new StringContent(JsonSerializer.Serialize(new { idempotency_key = key, ignore_unchanged_counts = ignoreUnchanged, changes }), Encoding.UTF8, "application/json");
        using var response = await _square.Http.PostAsync(new Uri("/v2/inventory/changes/batch-create", UriKind.Relative), content);
        return (response.StatusCode, await BodyAsync(response));
    }

    private async Task<JsonNode> RetrieveAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _square.Http.PostAsync(new Uri("/v2/inventory/counts/batch-retrieve", UriKind.Relative), content);
        return await BodyAsync(response);
    }

    private static async Task<JsonNode> BodyAsync(HttpResponseMessage response) => (await response.Content.ReadFromJsonAsync<JsonNode>())!;

    private static string[] Names(JsonNode answer) => [.. answer["counts"]!.AsArray().Select(count => (string)count!["catalog_object_id"]!)];

    private static (string? Category, string? Code, string? Field) FirstError(JsonNode answer)
    {
        var error = answer["errors"]![0]!;
        return ((string?)error["category"], (string?)error["code"], (string?)error["field"]);
    }
}
