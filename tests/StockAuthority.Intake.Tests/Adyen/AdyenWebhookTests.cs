using System.Net;
using System.Text;
using System.Text.Json;
using Shouldly;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Adyen;

public sealed class AdyenWebhookTests(InboxDatabase databases)
{
    private const int NoAuthority = 1;

    [Fact]
    public async Task A_good_signature_is_stored_as_it_came_and_answered_with_accepted()
    {
        await using var intake = await StartAsync();
        byte[] body = [.. AdyenBodies.Authorised(), (byte)'\n'];

        using var response = await intake.PostAdyenAsync(body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldBe("[accepted]");
        (await intake.ReadAsync<byte[]>("SELECT body FROM inbox_bodies")).ShouldBe(body);
        (await intake.CountAsync("provider = 'adyen' AND account = 'shop' AND tenant_id = 'tenant-1' AND signed_at IS NULL AND secret_position = 0 AND item_position = 0 AND (SELECT headers ? 'Content-Type' FROM inbox_bodies WHERE inbox_bodies.inbox_id = inbox.inbox_id)")).ShouldBe(1);
    }

    [Fact]
    public async Task Nothing_is_accepted_before_the_rows_of_all_items_are_committed()
    {
        await using var intake = await StartAsync();
        await using var locked = await LockedInbox.OfAsync(intake);
        var answer = intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION")), AdyenBodies.Signed(AdyenBodies.Modification("CAPTURE"))));
        await locked.InsertWaitsAsync();
        answer.IsCompleted.ShouldBeFalse();

        await locked.DisposeAsync();
        using var response = await answer;
        (await response.Content.ReadAsStringAsync()).ShouldBe("[accepted]");
        (await intake.CountAsync("true")).ShouldBe(2);
    }

    [Fact]
    public async Task A_body_whose_rows_fail_at_the_last_moment_was_not_accepted()
    {
        await using var intake = await StartAsync();
        using var response = await intake.LosingItsRowAsync(() => intake.PostAdyenAsync(AdyenBodies.Authorised()));
        await ShouldBeProblemAsync(response, HttpStatusCode.ServiceUnavailable, "INBOX_UNAVAILABLE");
    }

    [Fact]
    public async Task Without_its_database_nothing_is_accepted_and_Adyen_sends_it_again()
    {
        await using var intake = await RunningIntake.StartAsync($"Host=127.0.0.1;Port={InboxDatabase.FreePort()};Username=nobody", NoAuthority, waitUntilReady: false);
        using var response = await intake.PostAdyenAsync(AdyenBodies.Authorised());
        await ShouldBeProblemAsync(response, HttpStatusCode.ServiceUnavailable, "INBOX_UNAVAILABLE");
    }

    [Fact]
    public async Task The_previous_key_is_good_while_it_is_configured()
    {
        await using var intake = await StartAsync();
        using var response = await intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION"), AdyenBodies.OldKey)));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await intake.CountAsync("secret_position = 1")).ShouldBe(1);
    }

    [Fact]
    public async Task Each_item_of_a_body_is_stored_with_its_own_verdict_and_dispatched_by_itself()
    {
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port);

        using var response = await intake.PostAdyenAsync(AdyenBodies.Body(
            AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION")), AdyenBodies.Signed(AdyenBodies.Modification("CAPTURE"), AdyenBodies.OldKey)));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await intake.EventuallyCountAsync("status = 'dispatched'", 2);

        (await intake.CountAsync("(item_position, secret_position) IN ((0, 0), (1, 1))")).ShouldBe(2);
        authority.Calls.Requests.Select(request => request.Event.EventType).ShouldBe([PaymentEventType.AuthCreated, PaymentEventType.CaptureSucceeded], ignoreOrder: true);
        authority.Calls.Requests.Select(request => request.IdempotencyKey).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task One_item_with_a_bad_signature_rejects_the_whole_body_so_that_nothing_unstored_is_acknowledged()
    {
        await using var intake = await StartAsync();
        var forged = AdyenBodies.Signed(AdyenBodies.Modification("CAPTURE"));
        forged["pspReference"] = "FORGED0000000001";
        using var response = await intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION")), forged));
        await ShouldBeProblemAsync(response, HttpStatusCode.Unauthorized, "SIGNATURE_MISMATCH");
        (await intake.CountAsync("true")).ShouldBe(0);
    }

    [Theory]
    [InlineData("", "BODY_UNREADABLE")]
    [InlineData("{", "BODY_UNREADABLE")]
    [InlineData("{\"notificationItems\":[]}", "BODY_UNREADABLE")]
    [InlineData("{\"notificationItems\":[],\"notificationItems\":[]}", "BODY_UNREADABLE")]
    [InlineData("{\"x\":\"\\ud800\",\"notificationItems\":[{\"NotificationRequestItem\":{\"pspReference\":\"\\ud800\",\"additionalData\":{\"hmacSignature\":\"AAAA\"}}}]}", "BODY_UNREADABLE")]
    public async Task A_body_in_which_no_signature_can_be_found_is_400_and_leaves_nothing(string body, string reason)
    {
        await using var intake = await StartAsync();
        using var response = await intake.PostAdyenAsync(Encoding.UTF8.GetBytes(body));
        await ShouldBeProblemAsync(response, HttpStatusCode.BadRequest, reason);
        using var notUtf8 = await intake.PostAdyenAsync([0xff, 0xfe, .. AdyenBodies.Authorised()]);
        await ShouldBeProblemAsync(notUtf8, HttpStatusCode.BadRequest, "BODY_UNREADABLE");
        using var deep = await intake.PostAdyenAsync(Encoding.UTF8.GetBytes(new string('[', 100_000)));
        await ShouldBeProblemAsync(deep, HttpStatusCode.BadRequest, "BODY_UNREADABLE");
        (await intake.CountAsync("true")).ShouldBe(0);
    }

    [Fact]
    public async Task A_doubled_signature_an_unsigned_body_an_unknown_account_and_a_huge_body_are_refused_by_name()
    {
        await using var intake = await StartAsync();
        var doubled = Encoding.UTF8.GetString(AdyenBodies.Authorised()).Replace("\"hmacSignature\":", "\"hmacSignature\":\"x\",\"hmacSignature\":", StringComparison.Ordinal);
        using var twice = await intake.PostAdyenAsync(Encoding.UTF8.GetBytes(doubled));
        await ShouldBeProblemAsync(twice, HttpStatusCode.BadRequest, "BODY_UNREADABLE");
        using var unsigned = await intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Item("AUTHORISATION")));
        await ShouldBeProblemAsync(unsigned, HttpStatusCode.Unauthorized, "SIGNATURE_MISSING");
        using var platform = await intake.PostAdyenAsync("{}"u8.ToArray());
        await ShouldBeProblemAsync(platform, HttpStatusCode.Unauthorized, "SIGNATURE_MISSING");
        using var unknown = await intake.PostAdyenAsync(AdyenBodies.Authorised(), account: "other");
        await ShouldBeProblemAsync(unknown, HttpStatusCode.NotFound, "ACCOUNT_UNKNOWN");
        using var huge = await intake.PostAdyenAsync(new byte[(1024 * 1024) + 1]);
        await ShouldBeProblemAsync(huge, HttpStatusCode.RequestEntityTooLarge, "BODY_TOO_LARGE");
        using var many = await intake.PostAdyenAsync(AdyenBodies.Body(Enumerable.Repeat(AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION")), 33)));
        await ShouldBeProblemAsync(many, HttpStatusCode.BadRequest, "TOO_MANY_ITEMS");
        (await intake.CountAsync("true")).ShouldBe(0);
    }

    [Fact]
    public async Task Bad_signatures_with_ever_new_event_ids_leave_only_a_counted_trace()
    {
        await using var intake = await StartAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 500), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) =>
        {
            var forged = AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION"));
            forged["pspReference"] = $"FORGED{number}";
            using var response = await intake.PostAdyenAsync(AdyenBodies.Body(forged));
            response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        });

        await Eventually.GetAsync(() => intake.ReadAsync<decimal>("SELECT coalesce(sum(rejection_count), 0) FROM webhook_rejections WHERE provider = 'adyen'"), total => total == 500);
        (await intake.ReadAsync<long>("SELECT count(*) FROM webhook_rejections")).ShouldBeInRange(1, 2);
        (await intake.CountAsync("true")).ShouldBe(0);
    }

    [Fact]
    public async Task A_platform_webhook_is_stored_and_dispatched_as_a_type_that_is_not_translated()
    {
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port);
        var body = """{"type":"balancePlatform.transfer.created"}"""u8.ToArray();

        using var response = await intake.PostAdyenAsync(body, signature: AdyenBodies.Signature(body, AdyenBodies.Key));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await intake.EventuallyCountAsync("status = 'dispatched' AND (SELECT headers ? 'HmacSignature' FROM inbox_bodies WHERE inbox_bodies.inbox_id = inbox.inbox_id)", 1);
        authority.Calls.Requests.ShouldHaveSingleItem().Event.EventType.ShouldBe(PaymentEventType.Unknown);
    }

    private async Task<RunningIntake> StartAsync() => await RunningIntake.StartAsync(await databases.CreateAsync(), NoAuthority);

    private static async Task ShouldBeProblemAsync(HttpResponseMessage response, HttpStatusCode status, string reason)
    {
        response.StatusCode.ShouldBe(status);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        problem.RootElement.GetProperty("reason").GetString().ShouldBe(reason);
    }
}
