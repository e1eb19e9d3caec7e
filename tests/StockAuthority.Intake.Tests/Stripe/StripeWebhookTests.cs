using System.Net;
using System.Text;
using System.Text.Json;
using Shouldly;

namespace StockAuthority.Intake.Tests.Stripe;

public sealed class StripeWebhookTests(InboxDatabase databases)
{
    // Nobody listens there: these tests are about receiving.
    private const int NoAuthority = 1;

    [Fact]
    public async Task A_good_signature_is_stored_as_it_came_and_answered_with_200()
    {
        await using var intake = await StartAsync();
        byte[] body = [.. StripeBodies.Authorized(), (byte)'\n'];

        using var response = await intake.PostSignedAsync(body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldBe("""{"received":true}""");
        (await intake.ReadAsync<byte[]>("SELECT body FROM inbox_bodies")).ShouldBe(body);
        (await intake.ReadAsync<string>("SELECT headers ->> 'Stripe-Signature' FROM inbox_bodies")).ShouldStartWith("t=");
        (await intake.CountAsync("verdict = 'signature_verified' AND secret_position = 0 AND tenant_id = 'tenant-1' AND account = 'shop' AND provider = 'stripe'")).ShouldBe(1);
    }

    [Fact]
    public async Task The_previous_secret_is_good_while_it_is_configured()
    {
        await using var intake = await StartAsync();
        using var response = await intake.PostSignedAsync(StripeBodies.Authorized(), RunningIntake.OldSecret);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await intake.CountAsync("secret_position = 1")).ShouldBe(1);
    }

    [Fact]
    public async Task Nothing_is_answered_before_the_row_is_committed()
    {
        await using var intake = await StartAsync();
        await using var locked = await LockedInbox.OfAsync(intake);
        var answer = intake.PostSignedAsync(StripeBodies.Authorized());
        await locked.InsertWaitsAsync();
        answer.IsCompleted.ShouldBeFalse();

        await locked.DisposeAsync();
        using var response = await answer;
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await intake.CountAsync("true")).ShouldBe(1);
    }

    [Fact]
    public async Task A_body_whose_row_fails_at_the_last_moment_was_not_accepted()
    {
        await using var intake = await StartAsync();
        using var response = await intake.LosingItsRowAsync(() => intake.PostSignedAsync(StripeBodies.Authorized()));
        await ShouldBeProblemAsync(response, HttpStatusCode.ServiceUnavailable, "INBOX_UNAVAILABLE");
    }

    [Fact]
    public async Task An_unknown_account_is_404_and_leaves_nothing()
    {
        await using var intake = await StartAsync();
        var body = StripeBodies.Authorized();
        using var response = await intake.PostSignedAsync(body, account: "other");
        await ShouldBeProblemAsync(response, HttpStatusCode.NotFound, "ACCOUNT_UNKNOWN");
        (await intake.CountAsync("true")).ShouldBe(0);
    }

    [Fact]
    public async Task Bad_signatures_are_401_and_leave_only_a_counted_trace_with_a_short_sample()
    {
        await using var intake = await StartAsync();
        var body = Encoding.UTF8.GetBytes(new string('x', 5000));
        var stale = Signatures.Header(body, RunningIntake.Secret, TimeProvider.System.GetUtcNow().AddSeconds(-310));
        var forged = Signatures.Header(body, "whsec_test_wrong", TimeProvider.System.GetUtcNow());

        for (var i = 0; i < 20; i++)
        {
            using var mismatch = await intake.PostAsync(body, forged);
            await ShouldBeProblemAsync(mismatch, HttpStatusCode.Unauthorized, "SIGNATURE_MISMATCH");
        }

        using var missing = await intake.PostAsync(body, signature: null);
        await ShouldBeProblemAsync(missing, HttpStatusCode.Unauthorized, "SIGNATURE_MISSING");
        using var late = await intake.PostAsync(body, stale);
        await ShouldBeProblemAsync(late, HttpStatusCode.Unauthorized, "SIGNATURE_STALE");

        await Eventually.GetAsync(
            () => intake.ReadAsync<decimal>("SELECT coalesce(sum(rejection_count), 0) FROM webhook_rejections"), total => total == 22);
        (await intake.ReadAsync<long>("SELECT count(*) FROM webhook_rejections WHERE reason = 'SIGNATURE_MISMATCH'")).ShouldBeInRange(1, 2);
        (await intake.ReadAsync<int>("SELECT max(octet_length(sample)) FROM webhook_rejections")).ShouldBe(256);
        (await intake.CountAsync("true")).ShouldBe(0);
    }

    [Fact]
    public async Task The_trace_of_rejections_never_has_more_rows_than_its_cap()
    {
        await using var intake = await StartAsync();
        await using (var fill = intake.Database.CreateCommand(
            """
            INSERT INTO webhook_rejections (account, reason, hour_at, tenant_id, provider, rejection_count, sample)
            SELECT 'shop', 'SIGNATURE_MISSING', timestamptz '2001-01-01 00:00Z' + hour * interval '1 hour', 'tenant-1', 'stripe', 1, ''
            FROM generate_series(1, 10000) AS hour
            """))
        {
            await fill.ExecuteNonQueryAsync();
        }

        using var response = await intake.PostAsync(StripeBodies.Authorized(), signature: null);

        await Eventually.GetAsync(() => intake.ReadAsync<long>("SELECT count(*) FROM webhook_rejections WHERE hour_at > '2020-01-01'"), rows => rows == 1);
        (await intake.ReadAsync<long>("SELECT count(*) FROM webhook_rejections")).ShouldBe(10_000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_over_1_MiB_is_413_whether_or_not_its_length_was_announced(bool chunked)
    {
        await using var intake = await StartAsync();
        var body = new byte[(1024 * 1024) + 1];
        using var response = await intake.PostAsync(body, Signatures.Header(body, RunningIntake.Secret, TimeProvider.System.GetUtcNow()), chunked: chunked);
        await ShouldBeProblemAsync(response, HttpStatusCode.RequestEntityTooLarge, "BODY_TOO_LARGE");
        (await intake.CountAsync("true")).ShouldBe(0);
    }

    [Fact]
    public async Task A_body_of_1_MiB_is_stored()
    {
        await using var intake = await StartAsync();
        using var response = await intake.PostSignedAsync(new byte[1024 * 1024]);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_chunked_webhook_is_stored_like_any_other()
    {
        await using var intake = await StartAsync();
        var body = StripeBodies.Authorized();
        using var response = await intake.PostAsync(body, Signatures.Header(body, RunningIntake.Secret, TimeProvider.System.GetUtcNow()), chunked: true);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_its_database_the_answer_is_503_with_Retry_After()
    {
        await using var intake = await RunningIntake.StartAsync($"Host=127.0.0.1;Port={InboxDatabase.FreePort()};Username=nobody", NoAuthority, waitUntilReady: false);
        using var response = await intake.PostSignedAsync(StripeBodies.Authorized());
        await ShouldBeProblemAsync(response, HttpStatusCode.ServiceUnavailable, "INBOX_UNAVAILABLE");
        response.Headers.RetryAfter.ShouldNotBeNull();
        using var ready = await intake.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using var live = await intake.Http.GetAsync(new Uri("/health/live", UriKind.Relative));
        live.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_database_that_comes_up_later_is_migrated_and_used()
    {
        var connectionString = databases.Unmade();
        await using var intake = await RunningIntake.StartAsync(connectionString, NoAuthority, waitUntilReady: false);
        using (var early = await intake.PostSignedAsync(StripeBodies.Authorized()))
        {
            early.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        await databases.MakeAsync(connectionString);
        await intake.ReadyAsync();
        using var late = await intake.PostSignedAsync(StripeBodies.Authorized());
        late.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private async Task<RunningIntake> StartAsync() => await RunningIntake.StartAsync(await databases.CreateAsync(), NoAuthority);

    private static async Task ShouldBeProblemAsync(HttpResponseMessage response, HttpStatusCode status, string reason)
    {
        response.StatusCode.ShouldBe(status);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        problem.RootElement.GetProperty("reason").GetString().ShouldBe(reason);
        problem.RootElement.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
    }
}
