using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Shouldly;
using StockAuthority.Intake.Stripe;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Stripe;

public sealed class StripeGapDetectionTests(InboxDatabase databases)
{
    private const string FirstDay = "--Stripe:GapDetection:FirstDays=1";
    private const string Idle = "run_id IS NULL AND due_at > now()";

    [Fact]
    public async Task An_event_that_never_came_is_applied_once_and_one_that_came_is_not_applied_again()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        Happened(stripe, "evt_lost");
        Happened(stripe, "evt_came");
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        var database = await databases.CreateAsync();
        await using (var before = await RunningIntake.StartAsync(database, port))
        {
            using var response = await before.PostSignedAsync(StripeBodies.Authorized("evt_came"));
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await using var intake = await StartAsync(stripe, database, port, FirstDay);
        await intake.EventuallyCountAsync("status = 'dispatched'", 2);
        await RunAgainAsync(intake);

        (await intake.CountAsync("verdict = 'pulled' AND event_id = 'evt_lost' AND signed_at IS NULL AND secret_position IS NULL")).ShouldBe(1);
        (await intake.CountAsync("true")).ShouldBe(2);
        Applied(authority).ShouldBe(["evt_lost", "evt_came"], ignoreOrder: true);
        authority.Calls.Requests.First(request => request.Event.ProviderEventId == "evt_lost").Event.EventType.ShouldBe(PaymentEventType.AuthCreated);
    }

    [Fact]
    public async Task A_run_that_is_killed_midway_loses_nothing_and_another_replica_applies_each_event_once()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        for (var number = 0; number < 250; number++)
        {
            Happened(stripe, $"evt_{number}", TimeSpan.FromHours(2) + TimeSpan.FromSeconds(number));
        }

        var secondPage = new TaskCompletionSource();
        var never = new TaskCompletionSource<int?>();
        stripe.Fault = request =>
        {
            if (!request.Query.Contains("starting_after", StringComparison.Ordinal))
            {
                return Task.FromResult<int?>(null);
            }

            secondPage.TrySetResult();
            return never.Task;
        };
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        var database = await databases.CreateAsync();
        await using (var killed = await StartAsync(stripe, database, port, FirstDay))
        {
            await secondPage.Task.WaitAsync(TimeSpan.FromSeconds(30));
            (await killed.CountAsync("true")).ShouldBe(100);
            (await killed.ReadAsync<bool>("SELECT pulled_through_at = since_at AND run_id IS NOT NULL AND due_at > now() FROM event_pulls")).ShouldBeTrue();
        }

        // As a process that was killed leaves it: its lease goes on, and nobody else begins before that ends.
        await using (var left = NpgsqlDataSource.Create(database))
        {
            await using var lease = left.CreateCommand("UPDATE event_pulls SET run_id = gen_random_uuid(), due_at = now() + interval '3 seconds'");
            (await lease.ExecuteNonQueryAsync()).ShouldBe(1);
        }

        stripe.Fault = _ => Task.FromResult<int?>(null);
        never.SetResult(503);
        await using var next = await StartAsync(stripe, database, port, FirstDay);
        await next.EventuallyCountAsync("status = 'dispatched'", 250);
        await IdleAsync(next);
        (await next.CountAsync("true")).ShouldBe(250);
        Applied(authority).Distinct().Count().ShouldBe(250);
        Applied(authority).Count.ShouldBe(250);
        (await next.ReadAsync<bool>("SELECT pulled_through_at > now() - interval '5 minutes' FROM event_pulls")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_run_that_has_lost_its_lease_stores_nothing_more()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        for (var number = 0; number < 150; number++)
        {
            Happened(stripe, $"evt_{number}", TimeSpan.FromHours(2) + TimeSpan.FromSeconds(number));
        }

        var secondPage = new TaskCompletionSource();
        var goOn = new TaskCompletionSource<int?>();
        stripe.Fault = request =>
        {
            if (!request.Query.Contains("starting_after", StringComparison.Ordinal))
            {
                return Task.FromResult<int?>(null);
            }

            secondPage.TrySetResult();
            return goOn.Task;
        };
        var answered = 0;
        await using var intake = await StartAsync(stripe, await databases.CreateAsync(), authorityPort: 1, FirstDay);
        await secondPage.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await intake.ExecuteAsync("UPDATE event_pulls SET run_id = gen_random_uuid(), due_at = now() + interval '1 hour'");
        stripe.Fault = request => Task.FromResult<int?>(request.Query.Contains("starting_after", StringComparison.Ordinal) && Interlocked.Increment(ref answered) > 0 ? null : 500);
        goOn.SetResult(503);

        await Eventually.GetAsync(() => Task.FromResult(Volatile.Read(ref answered)), count => count > 0);
        await intake.ExecuteAsync("UPDATE event_pulls SET due_at = now()");
        await Eventually.GetAsync(() => Task.FromResult(stripe.Requests.Count(request => !request.Query.Contains("starting_after", StringComparison.Ordinal))), count => count > 1);
        (await intake.CountAsync("true")).ShouldBe(100);
    }

    [Fact]
    public async Task A_refused_list_leaves_everything_as_it_was_and_is_asked_for_again()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        Happened(stripe, "evt_lost");
        stripe.Fault = _ => Task.FromResult<int?>(401);
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await StartAsync(stripe, await databases.CreateAsync(), port, FirstDay);
        await IdleAsync(intake);
        (await intake.ReadAsync<bool>("SELECT pulled_through_at = since_at AND undelivered_checked_at IS NULL FROM event_pulls")).ShouldBeTrue();
        (await intake.CountAsync("true")).ShouldBe(0);

        stripe.Fault = _ => Task.FromResult<int?>(null);
        await RunAgainAsync(intake);
        await intake.EventuallyCountAsync("status = 'dispatched'", 1);
    }

    [Fact]
    public async Task What_Stripe_calls_undelivered_is_found_even_behind_where_the_runs_are()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await StartAsync(stripe, await databases.CreateAsync(), port, "--Stripe:GapDetection:FirstDays=10");
        await IdleAsync(intake);
        Happened(stripe, "evt_undelivered", TimeSpan.FromDays(5));
        Happened(stripe, "evt_delivered", TimeSpan.FromDays(5), isDelivered: true);
        Happened(stripe, "evt_before_us", TimeSpan.FromDays(12));

        await RunAgainAsync(intake);
        (await intake.CountAsync("true")).ShouldBe(0);
        await intake.ExecuteAsync("UPDATE event_pulls SET undelivered_checked_at = undelivered_checked_at - interval '25 hours'");
        await RunAgainAsync(intake);
        await intake.EventuallyCountAsync("status = 'dispatched'", 1);
        authority.Calls.Requests.ShouldHaveSingleItem().Event.ProviderEventId.ShouldBe("evt_undelivered");
    }

    [Fact]
    public async Task A_month_is_asked_for_in_days_oldest_first_and_only_of_types_that_are_translated()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        Happened(stripe, "evt_old", TimeSpan.FromDays(29));
        Happened(stripe, "evt_too_old", TimeSpan.FromDays(31));
        Happened(stripe, "evt_on_its_way", TimeSpan.Zero);
        await using var intake = await StartAsync(stripe, await databases.CreateAsync(), authorityPort: 1, "--Stripe:GapDetection:FirstDays=30");
        await IdleAsync(intake);
        (await intake.ReadAsync<string>("SELECT string_agg(event_id, ',') FROM inbox")).ShouldBe("evt_old");

        var asked = stripe.Requests.Select(request => QueryHelpers.ParseQuery(request.Query)).ToList();
        asked.ShouldAllBe(query => query["types[]"].Count > 0 && query["types[]"].Count <= 20 && query["types[]"].Contains("refund.created"));
        var slices = asked.Where(query => !query.ContainsKey("delivery_success")).Select(query => (From: Seconds(query["created[gte]"]), To: Seconds(query["created[lt]"]))).ToList();
        slices.Count.ShouldBeInRange(30, 31);
        slices.Zip(slices.Skip(1)).ShouldAllBe(pair => pair.First.To == pair.Second.From);
        slices.ShouldAllBe(slice => slice.To - slice.From <= 86_400);
    }

    [Fact]
    public async Task Without_more_said_nothing_from_before_the_accounts_first_webhook_is_pulled()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        Happened(stripe, "evt_before_us", TimeSpan.FromDays(8));
        Happened(stripe, "evt_lost", TimeSpan.FromDays(6));
        var database = await databases.CreateAsync();
        await using (var before = await RunningIntake.StartAsync(database, authorityPort: 1))
        {
            using var response = await before.PostSignedAsync(StripeBodies.Authorized("evt_first"));
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            await before.ExecuteAsync("UPDATE inbox SET received_at = now() - interval '7 days'");
        }

        await using var intake = await StartAsync(stripe, database, authorityPort: 1);
        await IdleAsync(intake);
        (await intake.ReadAsync<string>("SELECT string_agg(event_id, ',') FROM inbox WHERE verdict = 'pulled'")).ShouldBe("evt_lost");
    }

    [Fact]
    public async Task The_snapshot_event_of_a_thin_event_that_came_is_here_already()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        stripe.Put("/v1/payment_intents/pi_1", StripeBodies.Intent(capturable: 1000));
        Happened(stripe, "evt_snapshot");
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        var database = await databases.CreateAsync();
        await using (var before = await StartAsync(stripe, database, port, "--Stripe:GapDetection:IntervalMinutes=0"))
        {
            using var response = await before.PostSignedAsync(stripe.Thin("v1.payment_intent.amount_capturable_updated", "/v1/payment_intents/pi_1", snapshotEvent: "evt_snapshot"));
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            await before.EventuallyCountAsync("status = 'dispatched' AND event_id = 'evt_snapshot'", 1);
            (await before.ReadAsync<long>("SELECT count(*) FROM event_pulls")).ShouldBe(0);
        }

        await using var intake = await StartAsync(stripe, database, port, FirstDay);
        await IdleAsync(intake);
        (await intake.CountAsync("true")).ShouldBe(1);
    }

    [Fact]
    public async Task Without_an_api_key_nothing_is_asked()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), authorityPort: 1, settings: [$"--Stripe:ApiBaseUrl={stripe.Address}", FirstDay]);
        var configuration = new ConfigurationBuilder().AddCommandLine(RunningIntake.Arguments("Host=127.0.0.1", authorityPort: 1)).Build();
        IntakeSettings.Read(configuration, IntakeApplication.Providers)
            .Providers.Values.OfType<StripeProvider>().Single().PulledAccounts.ShouldBeEmpty();
        (await intake.ReadAsync<long>("SELECT count(*) FROM event_pulls")).ShouldBe(0);
        stripe.Requests.ShouldBeEmpty();
    }

    /// <summary>The events, once for each key: a call that a restart cut off is made again under its own, and is answered as before.</summary>
    private static IReadOnlyList<string> Applied(RecordingAuthority authority) =>
        [.. authority.Calls.Requests.DistinctBy(request => request.IdempotencyKey).Select(request => request.Event.ProviderEventId)];

    private static void Happened(StripeSimulator stripe, string id, TimeSpan? ago = null, bool isDelivered = false) => stripe.Happened(
        StripeBodies.EventJson(
            "payment_intent.amount_capturable_updated",
            StripeBodies.Intent(capturable: 1000),
            id,
            created: (TimeProvider.System.GetUtcNow() - (ago ?? TimeSpan.FromHours(1))).ToUnixTimeSeconds()),
        isDelivered);

    private static async Task<RunningIntake> StartAsync(StripeSimulator stripe, string database, int authorityPort, params string[] settings) =>
        await RunningIntake.StartAsync(database, authorityPort, settings: [.. RunningIntake.StripeApi(stripe.Address), .. settings]);

    private static Task<long> IdleAsync(RunningIntake intake) =>
        Eventually.GetAsync(() => intake.ReadAsync<long>($"SELECT count(*) FROM event_pulls WHERE {Idle}"), idle => idle == 1);

    private static async Task RunAgainAsync(RunningIntake intake)
    {
        await IdleAsync(intake);
        await intake.ExecuteAsync("UPDATE event_pulls SET due_at = now()");
        await IdleAsync(intake);
    }

    private static long Seconds(Microsoft.Extensions.Primitives.StringValues text) => long.Parse(text.ToString(), CultureInfo.InvariantCulture);
}
