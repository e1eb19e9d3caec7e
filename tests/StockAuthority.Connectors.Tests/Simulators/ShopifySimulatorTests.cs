using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Shouldly;
using StockAuthority.Connectors.Tests.Hosts;
using Xunit;

namespace StockAuthority.Connectors.Tests.Simulators;

public sealed class ShopifySimulatorTests : ShopifyFixture
{
    private const string Set =
        "mutation($input: InventorySetQuantitiesInput!, $key: String!) { inventorySetQuantities(input: $input) @idempotent(key: $key) { inventoryAdjustmentGroup { reason } userErrors { code field message } } }";

    protected override string[] ShopSettings => ["--Simulator:ShopifyRestoreRate=1"];

    [Fact]
    public async Task Quantities_are_set_and_the_cost_is_told()
    {
        var answer = await SetAsync("k1", Quantity("apple", 5, null));
        Errors(answer).ShouldBeEmpty();
        ((string?)answer["data"]!["inventorySetQuantities"]!["inventoryAdjustmentGroup"]!["reason"]).ShouldBe("correction");
        var cost = answer["extensions"]!["cost"]!;
        ((double)cost["requestedQueryCost"]!, (double)cost["throttleStatus"]!["maximumAvailable"]!, (double)cost["throttleStatus"]!["restoreRate"]!).ShouldBe((10, 20, 1));
    }

    [Fact]
    public async Task The_bucket_runs_dry_with_status_200_and_THROTTLED()
    {
        await SetAsync("k1", Quantity("apple", 1, null));
        await SetAsync("k2", Quantity("apple", 2, null));
        var answer = await SetAsync("k3", Quantity("apple", 3, null));
        ((string?)answer["errors"]![0]!["extensions"]!["code"]).ShouldBe("THROTTLED");
        answer["data"].ShouldBeNull();
        Shop.Log.AppliedChanges.ShouldBe(2);
    }

    [Theory]
    [InlineData("wrong", "2026-10", HttpStatusCode.Unauthorized)]
    [InlineData(SquareHost.Token, "2026-01", HttpStatusCode.NotFound)]
    public async Task A_wrong_token_and_an_older_version_are_turned_away(string token, string version, HttpStatusCode status)
    {
        using var http = new HttpClient { BaseAddress = new Uri(Shop.Address) };
        http.DefaultRequestHeaders.Add("X-Shopify-Access-Token", token);
        using var response = await http.PostAsJsonAsync(new Uri($"/admin/api/{version}/graphql.json", UriKind.Relative), new JsonObject());
        response.StatusCode.ShouldBe(status);
    }

    [Theory]
    [InlineData("mutation($input: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $input) { userErrors { code } } }", "BAD_REQUEST")]
    [InlineData("mutation($input: InventorySetQuantitiesInput!, $key: String!) { inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { reason } } }", "undefinedField")]
    [InlineData("mutation { inventoryGuess { id } }", "undefinedField")]
    [InlineData("mutation {", "BAD_REQUEST")]
    public async Task What_is_no_such_request_is_an_error_and_changes_nothing(string query, string code)
    {
        var answer = await GraphQLAsync(query, Variables("k1", Quantity("apple", 5, 7)));
        ((string?)answer["errors"]![0]!["extensions"]!["code"]).ShouldBe(code);
        Shop.Log.AppliedChanges.ShouldBe(0);
    }

    [Fact]
    public async Task changeFromQuantity_must_be_said_if_only_as_null()
    {
        var quantity = Quantity("apple", 5, null);
        quantity.Remove("changeFromQuantity");
        ((string?)(await SetAsync("k1", quantity))["errors"]![0]!["extensions"]!["code"]).ShouldBe("INVALID_VARIABLE");
    }

    [Fact]
    public async Task A_quantity_that_is_not_what_is_there_is_stale_and_nothing_of_the_request_is_changed()
    {
        var answer = await SetAsync("k1", Quantity("apple", 5, null), Quantity("pear", 5, 3));
        Errors(answer).ShouldBe([("CHANGE_FROM_QUANTITY_STALE", "input.quantities.1.changeFromQuantity")]);
        Shop.Log.AppliedChanges.ShouldBe(0);
    }

    [Fact]
    public async Task A_key_stands_for_one_request_and_one_result()
    {
        Errors(await SetAsync("k1", Quantity("apple", 5, null))).ShouldBeEmpty();
        Errors(await SetAsync("k1", Quantity("apple", 5, null))).ShouldBeEmpty();
        Shop.Log.AppliedChanges.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_with_another_request_is_a_mismatch()
    {
        await SetAsync("k1", Quantity("apple", 5, null));
        Errors(await SetAsync("k1", Quantity("apple", 6, null))).ShouldBe([("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "")]);
    }

    [Fact]
    public async Task A_key_whose_request_failed_is_used_up()
    {
        await SetAsync("k1", Quantity("apple", 5, 3));
        Errors(await SetAsync("k1", Quantity("apple", 5, 3))).ShouldBe([("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "")]);
    }

    [Fact]
    public async Task More_than_250_quantities_are_refused()
    {
        var answer = await SetAsync("k1", [.. Enumerable.Range(1, 251).Select(item => Quantity($"item-{item}", 1, null))]);
        ((string?)answer["errors"]![0]!["extensions"]!["code"]).ShouldBe("MAX_INPUT_SIZE_EXCEEDED");
    }

    [Fact]
    public async Task A_query_over_a_thousand_points_is_refused_whatever_the_bucket_holds()
    {
        var answer = await GraphQLAsync(
            "query($ids: [ID!]!, $at: ID!) { nodes(ids: $ids) { ... on InventoryItem { inventoryLevel(locationId: $at) { quantities(names: [\"available\"]) { quantity } } } } }",
            new JsonObject { ["ids"] = new JsonArray([.. Enumerable.Range(1, 400).Select(item => (JsonNode)Item($"item-{item}"))]), ["at"] = Location });
        ((string?)answer["errors"]![0]!["extensions"]!["code"]).ShouldBe("MAX_COST_EXCEEDED");
    }

    private static JsonObject Quantity(string sku, long quantity, long? changeFrom) =>
        new() { ["inventoryItemId"] = Item(sku), ["locationId"] = Location, ["quantity"] = quantity, ["changeFromQuantity"] = changeFrom };

    private static JsonObject Variables(string key, params JsonObject[] quantities) => new()
    {
        ["key"] = key,
        ["input"] = new JsonObject { ["name"] = "available", ["reason"] = "correction", ["referenceDocumentUri"] = "gid://test/Document/1", ["quantities"] = new JsonArray([.. quantities]) },
    };

    private Task<JsonNode> SetAsync(string key, params JsonObject[] quantities) => GraphQLAsync(Set, Variables(key, quantities));

    private static (string Code, string Field)[] Errors(JsonNode answer) =>
    [
        .. answer["data"]!["inventorySetQuantities"]!["userErrors"]!.AsArray().Select(error => ((string)error!["code"]!, string.Join('.', error["field"]?.AsArray().Select(part => (string?)part) ?? []))),
    ];
}
