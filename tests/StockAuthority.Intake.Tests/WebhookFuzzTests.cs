using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using StockAuthority.Intake.Adyen;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Stripe;
using StockAuthority.Intake.Tests.Adyen;
using StockAuthority.Intake.Tests.Stripe;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests;

/// <summary>
/// Good webhooks, broken in every way that a byte or a field can be, against both translations and both endpoints: for a
/// bounded time, from a seed that is printed. <c>STOCKAUTHORITY_FUZZ_SEED</c> repeats a run.
/// </summary>
public sealed class WebhookFuzzTests(InboxDatabase databases)
{
    private const int NoAuthority = 1;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);
    private static readonly StripeAccount Stripe = new(RunningIntake.Tenant, [RunningIntake.Secret], StripeApiVersions.Known);
    private static readonly AdyenAccount Adyen = new(RunningIntake.Tenant, AdyenBodies.MerchantAccount, [], ImmediateCapture: false);
    private static readonly string[] AdyenCodes = ["AUTHORISATION", "CAPTURE", "CAPTURE_FAILED", "CANCELLATION", "CANCEL_OR_REFUND", "REFUND", "EXPIRE", "CHARGEBACK", "REPORT_AVAILABLE"];
    private static readonly string[] StripeTypes = [.. StripePaymentFacts.Types];

    private static readonly string[] Values =
    [
        "null", "true", "[]", "{}", "0", "-1", "1.5", "1e400", "9223372036854775807", "9223372036854775808", "\"\"", "\"\\u0000\"", "\"ORDER:1\"", "\"2999-01-01T00:00:00Z\"",
    ];

    [Fact]
    public async Task Whatever_is_in_a_body_the_translations_give_an_event_that_is_whole_or_names_its_problems() => await Fuzz((random, note) =>
    {
        foreach (var row in (InboxRow[])[Rows.Of(StripeBody(random)), Rows.Of(AdyenBody(random), random.Next(3), "adyen")])
        {
            note(row.Body);
            var translated = row.Provider == "adyen" ? AdyenTranslation.Translate(row, Adyen) : StripeTranslation.Translate(row, Stripe);
            ShouldBeWhole(translated);
        }

        return Task.CompletedTask;
    });

    [Fact]
    public async Task Whatever_is_sent_the_endpoints_store_it_with_a_verdict_or_refuse_it_by_name()
    {
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), NoAuthority);
        var (stored, refused) = (0L, 0L);
        await Fuzz(async (random, note) =>
        {
            var isAdyen = random.Next(2) == 0;
            var body = isAdyen ? AdyenBody(random) : StripeBody(random);
            note(body);
            using var response = isAdyen ? await intake.PostAdyenAsync(body)
                : random.Next(2) == 0 ? await intake.PostSignedAsync(body)
                : await intake.PostAsync(body, RandomText(random));
            if (response.StatusCode == HttpStatusCode.OK)
            {
                // Not as a JsonNode: a name elsewhere in the body may be no text.
                using var accepted = isAdyen ? JsonDocument.Parse(body) : null;
                stored += accepted?.RootElement.GetProperty("notificationItems").GetArrayLength() ?? 1;
                return;
            }

            refused++;
            response.StatusCode.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
            JsonNode.Parse(await response.Content.ReadAsStringAsync())!["reason"]!.GetValue<string>().ShouldNotBeEmpty();
        });

        (await intake.CountAsync("verdict = 'signature_verified'")).ShouldBe(stored);
        await Eventually.GetAsync(() => intake.ReadAsync<decimal>("SELECT coalesce(sum(rejection_count), 0) FROM webhook_rejections"), counted => counted == refused);
        (await intake.ReadAsync<long>("SELECT count(*) FROM webhook_rejections")).ShouldBeLessThan(30);
        stored.ShouldBeGreaterThan(0);
        refused.ShouldBeGreaterThan(0);
    }

    private static void ShouldBeWhole(PaymentEvent translated)
    {
        translated.EventType.ShouldNotBe(PaymentEventType.Unspecified);
        translated.ProviderEventId.Length.ShouldBeInRange(1, 128);
        (translated.Amount?.MinorUnits ?? 0).ShouldBeGreaterThanOrEqualTo(0);
        if (translated.EventType == PaymentEventType.Unreadable)
        {
            translated.Problems.ShouldNotBeEmpty();
        }
        else if (translated.EventType is not (PaymentEventType.Unknown or PaymentEventType.SettlementConfirmed))
        {
            translated.PaymentObjectId.ShouldNotBeEmpty();
            translated.ModificationRef.ShouldNotBeEmpty();
            translated.Amount.ShouldNotBeNull().Currency.Length.ShouldBe(3);
        }
    }

    private static async Task Fuzz(Func<Random, Action<byte[]>, Task> attempt)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("STOCKAUTHORITY_FUZZ_SEED"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var given)
            ? given
            : Random.Shared.Next();
        var random = new Random(seed);
        byte[] last = [];
        var count = 0;
        var started = TimeProvider.System.GetTimestamp();
        try
        {
            do
            {
                await attempt(random, body => last = body);
                count++;
            }
            while (TimeProvider.System.GetElapsedTime(started) < Bound);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"STOCKAUTHORITY_FUZZ_SEED={seed}, attempt {count}, body (base64) {Convert.ToBase64String(last)}", failure);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"STOCKAUTHORITY_FUZZ_SEED={seed}: {count} attempts");
    }

    private static byte[] StripeBody(Random random)
    {
        var type = StripeTypes[random.Next(StripeTypes.Length)];
        var body = StripeBodies.EventJson(type, StripePayload(type, random));
        Damage(body, random);
        return Damaged(StripeBodies.Bytes(body), random);
    }

    private static JsonObject StripePayload(string type, Random random) => type.Split('.') switch
    {
        ["payment_intent", ..] => StripeBodies.Intent(capturable: random.Next(3) * 500, received: random.Next(3) * 500),
        ["charge", "dispute", ..] => StripeBodies.Dispute(random.Next(2) == 0 ? "won" : "needs_response"),
        ["refund", ..] or ["charge", "refund", ..] => StripeBodies.Refund(random.Next(2) == 0 ? "succeeded" : "failed", amount: random.Next(3) * 500),
        ["charge", ..] => StripeBodies.WithRefunds(StripeBodies.Charge(captured: random.Next(3) * 500, refunded: random.Next(3) * 500, isCaptured: random.Next(2) == 0), StripeBodies.Refund()),
        _ => StripeBodies.Payout(),
    };

    private static byte[] AdyenBody(Random random)
    {
        var items = Enumerable.Range(0, 1 + random.Next(3)).Select(_ =>
        {
            var code = AdyenCodes[random.Next(AdyenCodes.Length)];
            var item = random.Next(2) == 0 ? AdyenBodies.Item(code) : AdyenBodies.Modification(code, random.Next(2) == 0);
            Damage(item, random);
            return random.Next(5) == 0 || !IsSignable(item) ? item : AdyenBodies.Signed(item);
        });
        return Damaged(AdyenBodies.Body(items), random);
    }

    private static bool IsSignable(JsonObject item) =>
        item["additionalData"] is JsonObject && item["amount"] is JsonObject amount && amount["value"] is JsonValue value && value.TryGetValue<long>(out _);

    /// <summary>Half of the time a field, somewhere, becomes something else, goes away, or is nested too deeply.</summary>
    private static void Damage(JsonObject root, Random random)
    {
        if (random.Next(2) == 0)
        {
            return;
        }

        var target = root;
        while (random.Next(2) == 0 && target.Select(each => each.Value).OfType<JsonObject>().FirstOrDefault() is { } inner)
        {
            target = inner;
        }

        if (target.Count == 0)
        {
            return;
        }

        var name = target.ElementAt(random.Next(target.Count)).Key;
        switch (random.Next(4))
        {
            case 0:
                target.Remove(name);
                break;
            case 1:
                target[name] = new string('x', random.Next(2000));
                break;
            default:
                target[name] = JsonNode.Parse(Values[random.Next(Values.Length)]);
                break;
        }
    }

    /// <summary>A quarter of the time bytes change after that, so that it may be no JSON or no UTF-8, cut short or doubled.</summary>
    private static byte[] Damaged(byte[] body, Random random)
    {
        if (random.Next(4) > 0)
        {
            return body;
        }

        switch (random.Next(4))
        {
            case 0:
                return body[..random.Next(body.Length)];
            case 1:
                return Encoding.UTF8.GetBytes(new string('[', random.Next(5000)) + Encoding.UTF8.GetString(body));
            case 2:
                return [.. "{\"id\":1,"u8, .. body.AsSpan(1)];
            default:
                body[random.Next(body.Length)] = (byte)random.Next(256);
                return body;
        }
    }

    private static string RandomText(Random random) =>
        random.Next(3) == 0 ? "t=1,v1=00" : new string([.. Enumerable.Range(0, random.Next(100)).Select(_ => (char)random.Next(0x21, 0x7f))]);
}
