using System.Globalization;
using System.Net;
using System.Text.Json;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.EndToEnd.Tests;

/// <summary>A payment event comes in, a stock decision is made durable, a verified change goes out.</summary>
[Collection(SharedSystem.Name)]
public sealed class SpineTests(WholeSystem system)
{
    [Fact]
    public async Task A_signed_webhook_commits_stock_and_the_point_of_sale_shows_it()
    {
        var sku = await system.OpenAsync(10);
        await Eventually.Holds(async () => Quantity(await system.PointOfSaleAsync(sku)) == "10");
        var payment = New("pi");

        using var response = await system.WebhookAsync(Event("payment_intent.succeeded", payment, sku, 3));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await Eventually.Holds(async () => Quantity(await system.PointOfSaleAsync(sku)) == "7");
        var recorded = (await system.EventsAsync(payment)).ShouldHaveSingleItem();
        (recorded.Resolution, recorded.Reason).ShouldBe((Resolution.Action, "COMMITTED"));
        (await system.LevelAsync(sku)).Committed.ShouldBe(3);
        var changes = await system.Feed.ReadChangesAsync(new ReadChangesRequest { TenantId = WholeSystem.Tenant, AfterSequence = recorded.FirstSequence - 1 });
        changes.Movements.ShouldContain(movement => movement.Sku == sku && movement.OrderRef == recorded.OrderRef);
    }

    [Fact]
    public async Task An_Adyen_capture_commits_what_checkout_reserved_and_one_that_came_first_waits_for_it()
    {
        var sku = await system.OpenAsync(10);
        var (payment, order) = (New("PSP"), New("order"));

        using var response = await system.AdyenWebhookAsync("AUTHORISATION", payment, "", order, 1000);
        (response.StatusCode, await response.Content.ReadAsStringAsync()).ShouldBe((HttpStatusCode.OK, "[accepted]"));
        await Eventually.Holds(async () => (await system.EventsAsync(payment)) is [{ Resolution: Resolution.Held, Reason: "MISSING_CONTEXT" }]);

        await system.Inventory.ReserveAsync(new()
        {
            TenantId = WholeSystem.Tenant,
            IdempotencyKey = New("reserve"),
            OrderRef = order,
            Lines = { new StockAuthority.Inventory.V1.StockLine { Sku = sku, LocationId = WholeSystem.Location, Quantity = 3 } },
        });
        await Eventually.Holds(async () => (await system.LevelAsync(sku)).Committed == 3);
        (await system.EventsAsync(payment)).ShouldHaveSingleItem().Resolution.ShouldBe(Resolution.Action);
    }

    [Fact]
    public async Task A_payment_is_at_the_point_of_sale_within_a_second_at_the_median()
    {
        var sku = await system.OpenAsync(100);
        await Eventually.Holds(async () => Quantity(await system.PointOfSaleAsync(sku)) == "100");
        List<double> delays = [];
        for (var left = 99; left >= 89; left--)
        {
            var started = TimeProvider.System.GetTimestamp();
            using var response = await system.WebhookAsync(Event("payment_intent.succeeded", New("pi"), sku, 1));
            await Eventually.Holds(async () => Quantity(await system.PointOfSaleAsync(sku)) == left.ToString(CultureInfo.InvariantCulture));
            delays.Add(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
        }

        var median = delays.Order().ElementAt(delays.Count / 2);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"webhook to point of sale: median {median:0} ms, slowest {delays.Max():0} ms"));
        median.ShouldBeLessThan(1_000);
    }

    [Fact]
    public async Task Webhooks_twice_late_and_out_of_order_end_as_once_in_order()
    {
        var sku = await system.OpenAsync(10);
        var payment = New("pi");
        string[] bodies =
        [
            Event("payment_intent.amount_capturable_updated", payment, sku, 2),
            Event("payment_intent.succeeded", payment, sku, 2),
            Charge("charge.captured", payment),
        ];

        foreach (var body in bodies.Reverse().Concat(bodies).Concat(bodies.Reverse()))
        {
            using var response = await system.WebhookAsync(body);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var recorded = await Eventually.Becomes(
            () => system.EventsAsync(payment),
            events => events.Count == bodies.Length && events.All(each => each.ExtraDeliveryCount == 2 && each.Resolution != Resolution.Held));
        recorded.Count(each => each.Resolution == Resolution.Action).ShouldBeLessThanOrEqualTo(2);
        var level = await system.LevelAsync(sku);
        (level.Available, level.Reserved, level.Committed).ShouldBe((8, 0, 2));
    }

    [Fact]
    public async Task A_body_that_is_no_json_is_stored_held_and_listed_and_a_bad_signature_is_neither()
    {
        var body = "not json " + New("body");
        using var refused = await system.WebhookAsync(body, "whsec_of_somebody_else");
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var accepted = await system.WebhookAsync(body);
        accepted.StatusCode.ShouldBe(HttpStatusCode.OK);

        await Eventually.Holds(async () => (await UnreadableAsync()).Count == 1);
        (await UnreadableAsync())[0].Reason.ShouldBe("UNREADABLE_PAYLOAD");
    }

    [Fact]
    public async Task Webhooks_that_come_while_the_authority_is_down_are_applied_once_when_it_is_back()
    {
        var sku = await system.OpenAsync(10);
        var payment = New("pi");
        await system.Server.KillAsync();
        using (var response = await system.WebhookAsync(Event("payment_intent.succeeded", payment, sku, 4)))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await system.Server.StartAgainAsync();

        await Eventually.Holds(async () => (await system.EventsAsync(payment)).Count == 1, TimeSpan.FromSeconds(60));
        (await system.LevelAsync(sku)).Committed.ShouldBe(4);
        await Eventually.Holds(async () => Quantity(await system.PointOfSaleAsync(sku)) == "6", TimeSpan.FromSeconds(60));
    }

    private async Task<IReadOnlyList<RecordedPaymentEvent>> UnreadableAsync() =>
        [.. (await system.Payments.ListPaymentEventsAsync(new ListPaymentEventsRequest { TenantId = WholeSystem.Tenant, Resolution = Resolution.Held })).PaymentEvents
            .Where(each => each.Event.EventType == PaymentEventType.Unreadable)];

    private static string? Quantity(string inventory)
    {
        using var json = JsonDocument.Parse(inventory);
        return json.RootElement.TryGetProperty("counts", out var counts) && counts.GetArrayLength() > 0
            ? counts[0].GetProperty("quantity").GetString()
            : null;
    }

    private static string New(string kind) => $"{kind}_{Guid.NewGuid():N}";

    private static string Event(string type, string payment, string sku, long quantity) => Json(type, new
    {
        id = payment,
        @object = "payment_intent",
        amount = 1000,
        amount_capturable = 1000,
        amount_received = type == "payment_intent.succeeded" ? 1000 : 0,
        currency = "eur",
        latest_charge = "ch_" + payment,
        metadata = new Dictionary<string, string>
        {
            ["order_ref"] = "order-of-" + payment,
            ["stock_lines"] = JsonSerializer.Serialize(new[] { new { sku, location_id = WholeSystem.Location, quantity } }),
        },
    });

    /// <summary>As Stripe sends it beside the intent's own event; this one without metadata.</summary>
    private static string Charge(string type, string payment) => Json(type, new
    {
        id = "ch_" + payment,
        @object = "charge",
        amount = 1000,
        amount_captured = 1000,
        amount_refunded = 0,
        captured = true,
        refunded = false,
        currency = "eur",
        payment_intent = payment,
        metadata = new Dictionary<string, string>(),
    });

    private static string Json(string type, object data) => JsonSerializer.Serialize(new
    {
        id = New("evt"),
        @object = "event",
        api_version = "2024-06-20",
        created = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(),
        livemode = false,
        type,
        data = new { @object = data },
    });
}
