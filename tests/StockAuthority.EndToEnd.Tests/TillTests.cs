using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.EndToEnd.Tests;

/// <summary>What happens at Square's tills comes in, whatever becomes of its webhooks.</summary>
[Collection(SharedSystem.Name)]
public sealed class TillTests(WholeSystem system) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public async ValueTask InitializeAsync() => await FaultAsync("{}");

    public async ValueTask DisposeAsync() => await FaultAsync("{}");

    [Fact]
    public async Task A_sale_whose_webhook_comes_three_times_is_booked_once_and_our_own_counts_move_nothing()
    {
        var sku = await system.OpenAsync(10);
        await system.Inventory.ReserveAsync(new ReserveRequest { TenantId = WholeSystem.Tenant, IdempotencyKey = New(), OrderRef = New(), Lines = { Line(sku, 3) } });
        await ShownAsync(sku, 7);
        await FaultAsync("""{"webhook_copies":3}""");

        var occurredAt = TimeProvider.System.GetUtcNow().AddMinutes(-3);
        var sold = await SellAsync(sku, 2, occurredAt);

        await Eventually.Holds(async () => (await system.LevelAsync(sku)).Available == 5, Patience);
        await ShownAsync(sku, 5);
        await ReadToTheEndAsync();
        var sale = (await MovementsAsync(sku)).Where(movement => movement.Reason == AdjustmentReason.Sale).ShouldHaveSingleItem();
        (sale.Quantity, sale.DocumentRef, sale.IdempotencyKey).ShouldBe((2, "square/transaction-1", $"square:{sold}"));
        (sale.OccurTime.ToDateTimeOffset() - occurredAt).Duration().ShouldBeLessThan(TimeSpan.FromSeconds(1));

        // Square lists our counts (of what is available, which is not what is on hand), and nothing has come of them.
        (await ListedAsync(sku)).Count(reference => reference?.StartsWith("stockauthority/", StringComparison.Ordinal) == true).ShouldBeGreaterThanOrEqualTo(2);
        (await MovementsAsync(sku)).Count.ShouldBe(3);
        var level = await system.LevelAsync(sku);
        (level.Available, level.Reserved, level.OnHand).ShouldBe((5, 3, 8));
    }

    [Fact]
    public async Task A_sale_whose_webhook_is_lost_is_booked_by_the_next_reading()
    {
        var sku = await system.OpenAsync(10);
        await ShownAsync(sku, 10);
        await FaultAsync("""{"loses_webhooks":true}""");

        await SellAsync(sku, 4);

        await Eventually.Holds(async () => (await system.LevelAsync(sku)).Available == 6, Patience);
        await ShownAsync(sku, 6);
    }

    [Fact]
    public async Task A_late_sale_from_before_our_last_count_is_booked_although_Square_s_count_ignores_it()
    {
        var sku = await system.OpenAsync(10);
        await ShownAsync(sku, 10);

        await SellAsync(sku, 2, TimeProvider.System.GetUtcNow().AddHours(-3));
        await Eventually.Holds(async () => (await system.LevelAsync(sku)).Available == 8, Patience);
        await ShownAsync(sku, 8);
    }

    [Fact]
    public async Task Sales_while_connector_authority_and_Square_fail_are_each_booked_once()
    {
        var sku = await system.OpenAsync(100);
        await ShownAsync(sku, 100);
        await system.KillPosAsync();
        for (var sale = 0; sale < 5; sale++)
        {
            await SellAsync(sku, 1);
        }

        await FaultAsync("""{"status":503,"count":4}""");
        await system.StartPosAsync();
        await SellAsync(sku, 1);
        await system.Server.KillAsync();
        await FaultAsync("""{"reset":true,"count":3}""");
        for (var sale = 0; sale < 4; sale++)
        {
            await SellAsync(sku, 1);
        }

        await system.KillPosAsync();
        await system.Server.StartAgainAsync();
        await FaultAsync("{}");
        await system.StartPosAsync();

        await Eventually.Holds(async () => (await system.LevelAsync(sku)).Available == 90, Patience);
        await ShownAsync(sku, 90);

        // A crash between the booking and its note: the change is booked again, under its key.
        await ExecuteAsync("UPDATE square.changes SET status = 'pending', reason = NULL, finished_at = NULL, due_at = now() WHERE status = 'booked'");
        await Eventually.Holds(async () => await CountAsync("SELECT count(*) FROM square.changes WHERE status = 'pending'") == 0, Patience);
        (await MovementsAsync(sku)).Count(movement => movement.Reason == AdjustmentReason.Sale).ShouldBe(10);
        (await system.LevelAsync(sku)).Available.ShouldBe(90);
    }

    [Fact]
    public async Task A_webhook_with_a_bad_signature_leaves_nothing_and_one_that_comes_twice_one_row()
    {
        var eventId = New();
        var body = $$"""{"merchant_id":"M","type":"inventory.count.updated","event_id":"{{eventId}}","created_at":"2025-08-20T12:00:00Z","data":{"type":"inventory_counts","id":"x","object":{"inventory_counts":[]} } }""";
        (await WebhookAsync(body, Signature(body, "another key"))).ShouldBe(HttpStatusCode.Unauthorized);
        (await WebhookAsync(body, "")).ShouldBe(HttpStatusCode.Unauthorized);
        (await WebhookAsync(body + " ", Signature(body))).ShouldBe(HttpStatusCode.Unauthorized);
        (await CountAsync($"SELECT count(*) FROM square.webhooks WHERE event_id = '{eventId}'")).ShouldBe(0);

        (await WebhookAsync(body, Signature(body))).ShouldBe(HttpStatusCode.OK);
        (await WebhookAsync(body, Signature(body))).ShouldBe(HttpStatusCode.OK);
        (await CountAsync($"SELECT count(*) FROM square.webhooks WHERE event_id = '{eventId}'")).ShouldBe(1);
        await ReadToTheEndAsync();
    }

    [Fact]
    public async Task A_sale_of_what_nobody_knows_is_a_case_and_is_booked_once_its_level_is_there()
    {
        var sku = "sku-" + New();
        await SellAsync(sku, 2);
        var reference = $"{sku}@{WholeSystem.Location}";
        var opened = await Eventually.Becomes(() => CaseAsync(reference, ExceptionStatus.Open), each => each is not null);
        (opened!.Kind, opened.Reason).ShouldBe((ExceptionKind.ChannelChangeRefused, "UNKNOWN_SKU"));
        (await system.LevelAsync(sku)).Version.ShouldBe(0);

        await system.Inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = WholeSystem.Tenant,
            IdempotencyKey = New(),
            DocumentRef = "opening",
            Reason = AdjustmentReason.OpeningBalance,
            Lines = { Line(sku, 10) },
        });

        await Eventually.Holds(async () => (await system.LevelAsync(sku)).Available == 8, Patience);
        await Eventually.Holds(async () => await CaseAsync(reference, ExceptionStatus.Resolved) is { Disposition: ExceptionDisposition.MendedByReporter }, Patience);
    }

    [Fact]
    public async Task A_count_at_the_till_is_of_all_that_is_on_hand_and_a_return_comes_back_by_its_inspection()
    {
        var sku = await system.OpenAsync(10);
        await system.Inventory.ReserveAsync(new ReserveRequest { TenantId = WholeSystem.Tenant, IdempotencyKey = New(), OrderRef = New(), Lines = { Line(sku, 3) } });
        await ShownAsync(sku, 7);

        await TillAsync(new JsonObject { ["catalog_object_id"] = sku, ["location_id"] = WholeSystem.Location, ["counted_quantity"] = 9 });
        await Eventually.Holds(async () => (await system.LevelAsync(sku)).OnHand == 9, Patience);
        (await system.LevelAsync(sku)).Available.ShouldBe(6);
        await ShownAsync(sku, 6);

        await TillAsync(new JsonObject
        {
            ["catalog_object_id"] = sku,
            ["location_id"] = WholeSystem.Location,
            ["quantity"] = 1,
            ["from_state"] = "RETURNED_BY_CUSTOMER",
            ["to_state"] = "IN_STOCK",
        });
        await Eventually.Holds(async () => (await system.LevelAsync(sku)).Available == 7, Patience);
        (await MovementsAsync(sku)).ShouldContain(movement => movement.Operation == StockOperation.InspectReturn && movement.ToState == StockState.Available);
    }

    private Task ShownAsync(string sku, long units) => Eventually.Holds(
        async () => JsonNode.Parse(await system.PointOfSaleAsync(sku))?["counts"]?.AsArray().FirstOrDefault()?["quantity"]?.GetValue<string>() == units.ToString(CultureInfo.InvariantCulture), Patience);

    private async Task<string> SellAsync(string sku, int units, DateTimeOffset? occurredAt = null)
    {
        var sale = new JsonObject { ["catalog_object_id"] = sku, ["location_id"] = WholeSystem.Location, ["quantity"] = units, ["transaction_id"] = "transaction-1" };
        if (occurredAt is { } time)
        {
            sale["occurred_at"] = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        }

        return (await TillAsync(sale))["adjustment_id"]!.GetValue<string>();
    }

    private async Task<JsonNode> TillAsync(JsonObject change)
    {
        using var response = await system.Http.PostAsJsonAsync(new Uri(system.Simulator, "/simulator/square/till"), change);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }

    private async Task FaultAsync(string fault)
    {
        using var content = new StringContent(fault, Encoding.UTF8, "application/json");
        using var response = await system.Http.PutAsync(new Uri(system.Simulator, "/simulator/faults"), content);
        response.EnsureSuccessStatusCode();
    }

    private string Signature(string body, string? key = null) => Convert.ToBase64String(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(key ?? system.Webhook.SignatureKey), Encoding.UTF8.GetBytes(system.Webhook.NotificationUrl.OriginalString + body)));

    private async Task<HttpStatusCode> WebhookAsync(string body, string signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, system.Webhook.NotificationUrl) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("x-square-hmacsha256-signature", signature);
        using var response = await system.Http.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>The list of changes has been read after every webhook, and all that was in it is settled.</summary>
    private Task ReadToTheEndAsync() => Eventually.Holds(
        async () => await CountAsync("SELECT (SELECT count(*) FROM square.webhooks WHERE handled_at IS NULL) + (SELECT count(*) FROM square.changes WHERE status = 'pending')") == 0, Patience);

    /// <summary>The references of what Square lists of an item.</summary>
    private async Task<IReadOnlyList<string?>> ListedAsync(string sku)
    {
        using var answer = await system.SquareAsync("/v2/inventory/changes/batch-retrieve", JsonSerializer.Serialize(new { catalog_object_ids = new[] { sku }, limit = 1000 }));
        var changes = (await answer.Content.ReadFromJsonAsync<JsonNode>())!["changes"]!.AsArray();
        return [.. changes.Select(change => (change!["physical_count"] ?? change["adjustment"])?["reference_id"]?.GetValue<string>())];
    }

    private async Task<IReadOnlyList<Movement>> MovementsAsync(string sku)
    {
        var movements = new List<Movement>();
        var request = new ListMovementsRequest { TenantId = WholeSystem.Tenant, Sku = sku, PageSize = 500 };
        do
        {
            var page = await system.Inventory.ListMovementsAsync(request);
            movements.AddRange(page.Movements);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return movements;
    }

    private async Task<ExceptionCase?> CaseAsync(string reference, ExceptionStatus status) => (await system.Exceptions.ListExceptionsAsync(new ListExceptionsRequest
    {
        TenantId = WholeSystem.Tenant,
        Status = status,
        Kind = ExceptionKind.ChannelChangeRefused,
        PageSize = 500,
    })).Exceptions.FirstOrDefault(each => each.Reference == reference);

#pragma warning disable CA2100 // The tests' own text.
    private async Task<long> CountAsync(string sql)
    {
        await using var command = system.Tills.DataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = system.Tills.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
#pragma warning restore CA2100

    private static StockLine Line(string sku, long quantity) => new() { Sku = sku, LocationId = WholeSystem.Location, Quantity = quantity };

    private static string New() => Guid.NewGuid().ToString("N");
}
