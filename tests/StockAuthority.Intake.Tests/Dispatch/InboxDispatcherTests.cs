using System.Text;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Npgsql;
using Shouldly;
using StockAuthority.Intake.Tests.Stripe;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Dispatch;

public sealed class InboxDispatcherTests(InboxDatabase databases)
{
    [Fact]
    public async Task A_stored_webhook_reaches_the_authority_once_and_its_resolution_is_recorded()
    {
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port);

        await ReceiveAsync(intake, StripeBodies.Authorized());
        await intake.EventuallyCountAsync("status = 'dispatched' AND resolution = 'ACTION' AND reason = 'RESERVED' AND finished_at IS NOT NULL", 1);

        var request = authority.Calls.Requests.ShouldHaveSingleItem();
        request.TenantId.ShouldBe(RunningIntake.Tenant);
        request.IdempotencyKey.ShouldBe($"stripe:shop:{await intake.ReadAsync<Guid>("SELECT inbox_id FROM inbox")}");
        request.Event.EventType.ShouldBe(PaymentEventType.AuthCreated);
        request.Event.OrderRef.ShouldBe("order-1");
        request.ReceiveTime.ToDateTimeOffset().UtcDateTime.ShouldBe(await intake.ReadAsync<DateTime>("SELECT received_at FROM inbox"), "the delay until a channel shows it begins here");
        authority.Calls.Authorization.ShouldBe("Bearer test-token");
    }

    [Fact]
    public async Task The_same_delivery_twice_is_two_rows_and_two_calls_with_their_own_keys_and_one_event_id()
    {
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port);
        var body = StripeBodies.Authorized();

        await ReceiveAsync(intake, body);
        await ReceiveAsync(intake, body);
        await intake.EventuallyCountAsync("status = 'dispatched'", 2);

        var requests = authority.Calls.Requests;
        requests.Count.ShouldBe(2);
        requests[0].IdempotencyKey.ShouldNotBe(requests[1].IdempotencyKey);
        requests[0].Event.ShouldBe(requests[1].Event);
        requests[0].Event.ProviderEventId.ShouldBe("evt_1");
    }

    [Fact]
    public async Task A_body_that_cannot_be_read_is_handed_over_to_be_held_and_a_redelivery_is_the_same_event()
    {
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port, _ => new ApplyPaymentEventResponse { Resolution = Resolution.Held, Reason = "UNREADABLE" });
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port);
        var body = Encoding.UTF8.GetBytes("""{"id": "evt_1", "type": """);

        await ReceiveAsync(intake, body);
        await ReceiveAsync(intake, body);
        await ReceiveAsync(intake, [0xff, 0xfe]);
        await intake.EventuallyCountAsync("status = 'dispatched' AND resolution = 'HELD'", 3);

        var events = authority.Calls.Requests.Select(request => request.Event).ToList();
        events.ShouldAllBe(held => held.EventType == PaymentEventType.Unreadable && held.Problems.Count > 0);
        events.Select(held => held.ProviderEventId).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task While_the_authority_is_down_webhooks_are_accepted_and_go_out_later_under_the_same_keys()
    {
        var port = InboxDatabase.FreePort();
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port);
        for (var i = 0; i < 20; i++)
        {
            await ReceiveAsync(intake, StripeBodies.Authorized($"evt_{i}"));
        }

        await Eventually.GetAsync(() => intake.CountAsync("status = 'pending' AND attempt_count > 0 AND last_error IS NOT NULL"), tried => tried > 0);

        await using var authority = await RecordingAuthority.StartAsync(port);
        await intake.EventuallyCountAsync("status = 'dispatched'", 20);
        authority.Calls.Requests.Select(request => request.Event.ProviderEventId).Distinct().Count().ShouldBe(20);
    }

    [Fact]
    public async Task While_the_authority_is_down_webhooks_that_come_are_not_tried_one_after_the_other()
    {
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), InboxDatabase.FreePort());
        for (var i = 0; i < 20; i++)
        {
            await ReceiveAsync(intake, StripeBodies.Authorized($"evt_{i}"));
        }

        await Eventually.GetAsync(() => intake.CountAsync("last_error = 'CIRCUIT_OPEN'"), away => away > 0);
        var (started, before) = (TimeProvider.System.GetTimestamp(), await AttemptsAsync());
        for (var i = 20; i < 220; i++)
        {
            await ReceiveAsync(intake, StripeBodies.Authorized($"evt_{i}"));
        }

        // One a second, and those that were on their way when the circuit opened.
        ((double)(await AttemptsAsync() - before)).ShouldBeLessThan(TimeProvider.System.GetElapsedTime(started).TotalSeconds + 30);

        Task<long> AttemptsAsync() => intake.ReadAsync<long>("SELECT sum(attempt_count) FROM inbox");
    }

    [Fact]
    public async Task A_call_that_fails_on_the_way_is_repeated_with_the_same_request()
    {
        var failuresLeft = 2;
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port, _ => Interlocked.Decrement(ref failuresLeft) >= 0
            ? throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "restarting"))
            : new ApplyPaymentEventResponse { Resolution = Resolution.NoOp, Reason = "SAME_FACT" });
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port);

        await ReceiveAsync(intake, StripeBodies.Authorized());
        await intake.EventuallyCountAsync("status = 'dispatched' AND resolution = 'NO_OP' AND reason = 'SAME_FACT'", 1);

        authority.Calls.Requests.Count.ShouldBe(3);
        authority.Calls.Requests.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_refused_row_is_marked_with_the_reason_and_blocks_nobody()
    {
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port, request => request.Event.ProviderEventId == "evt_bad"
            ? throw Refusal("LOCATION_UNKNOWN")
            : new ApplyPaymentEventResponse { Resolution = Resolution.Action });
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port);

        await ReceiveAsync(intake, StripeBodies.Authorized("evt_bad"));
        await ReceiveAsync(intake, StripeBodies.Authorized("evt_good"));

        await intake.EventuallyCountAsync("status = 'dispatched'", 1);
        await intake.EventuallyCountAsync("status = 'refused' AND reason = 'LOCATION_UNKNOWN' AND resolution IS NULL", 1);
        authority.Calls.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_token_that_is_not_accepted_defers_the_row_and_refuses_nothing()
    {
        var isAccepted = false;
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port, _ => Volatile.Read(ref isAccepted)
            ? new ApplyPaymentEventResponse { Resolution = Resolution.Action }
            : throw new RpcException(new Grpc.Core.Status(StatusCode.Unauthenticated, "token")));
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port);

        await ReceiveAsync(intake, StripeBodies.Authorized());
        await intake.EventuallyCountAsync("status = 'pending' AND last_error = 'Unauthenticated'", 1);

        Volatile.Write(ref isAccepted, true);
        await intake.EventuallyCountAsync("status = 'dispatched'", 1);
    }

    [Fact]
    public async Task Two_replicas_share_one_inbox_without_sending_a_row_twice()
    {
        var port = InboxDatabase.FreePort();
        var database = await databases.CreateAsync();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var first = await RunningIntake.StartAsync(database, port);
        await using var second = await RunningIntake.StartAsync(database, port);

        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => ReceiveAsync(i % 2 == 0 ? first : second, StripeBodies.Authorized($"evt_{i}"))));
        await first.EventuallyCountAsync("status = 'dispatched'", 60);

        authority.Calls.Requests.Count.ShouldBe(60);
        authority.Calls.Requests.Select(request => request.IdempotencyKey).Distinct().Count().ShouldBe(60);
    }

    [Fact]
    public async Task A_key_that_would_be_too_long_is_a_hash_of_it()
    {
        var account = new string('a', 120);
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port, account: account);

        using var response = await intake.PostSignedAsync(StripeBodies.Authorized(), account: account);
        await intake.EventuallyCountAsync("status = 'dispatched'", 1);

        authority.Calls.Requests.Single().IdempotencyKey.Length.ShouldBeLessThanOrEqualTo(128);
        authority.Calls.Requests.Single().Event.Account.ShouldBe(account);
    }

    [Fact]
    public async Task A_call_that_a_restart_cuts_off_is_made_again_at_once_under_the_same_key()
    {
        using var hanging = new ManualResetEventSlim();
        var port = InboxDatabase.FreePort();
        var database = await databases.CreateAsync();
        string key;
        await using (var slow = await RecordingAuthority.StartAsync(port, _ =>
        {
            hanging.Wait(TimeSpan.FromSeconds(30));
            return new ApplyPaymentEventResponse { Resolution = Resolution.Action };
        }))
        {
            await using (var stopping = await RunningIntake.StartAsync(database, port))
            {
                await ReceiveAsync(stopping, StripeBodies.Authorized());
                key = (await Eventually.GetAsync(() => Task.FromResult(slow.Calls.Requests), calls => calls.Count == 1)).Single().IdempotencyKey;
            }

            hanging.Set();
        }

        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var restarted = await RunningIntake.StartAsync(database, port);
        await restarted.EventuallyCountAsync("status = 'dispatched'", 1);
        authority.Calls.Requests.Single().IdempotencyKey.ShouldBe(key);
    }

    [Fact]
    public async Task Rows_that_end_are_found_by_their_keys_however_many_wait_and_whatever_the_statistics_say()
    {
        const int Waiting = 5_000;
        const int Ending = 20;
        var port = InboxDatabase.FreePort();
        var database = await databases.CreateAsync();
        await using (var authority = await RecordingAuthority.StartAsync(port))
        await using (var intake = await RunningIntake.StartAsync(database, port))
        {
            // The statistics are of an inbox in which nothing waits; what waits then is not due, so that only a walk through all of it reads it.
            await intake.ExecuteAsync($"{InsertRows("'dispatched', now(), 'NO_OP', now()", 1_000)}; ANALYZE inbox; {InsertRows("'pending', now() + interval '1 day', NULL, NULL", Waiting)}");
            for (var i = 0; i < Ending; i++)
            {
                await ReceiveAsync(intake, StripeBodies.Authorized($"evt_{i}"));
                await intake.EventuallyCountAsync("resolution = 'ACTION'", i + 1);
            }
        }

        // Counted once the sessions of the process have ended.
        await using var reading = NpgsqlDataSource.Create(database);
        await using var read = reading.CreateCommand("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'inbox_due'");
        ((long)(await read.ExecuteScalarAsync())!).ShouldBeLessThan(2 * Waiting, "each row that ended would have read all that waits");

        static string InsertRows(string state, int count) =>
            $"""
            INSERT INTO inbox (inbox_id, tenant_id, provider, account, received_at, verdict, signed_at, secret_position, status, due_at, resolution, finished_at)
            SELECT gen_random_uuid(), '{RunningIntake.Tenant}', 'stripe', '{RunningIntake.Account}', now(), 'signature_verified', now(), 0, {state} FROM generate_series(1, {count})
            """;
    }

    private static RpcException Refusal(string reason) => new Google.Rpc.Status
    {
        Code = (int)StatusCode.InvalidArgument,
        Details = { Any.Pack(new ErrorInfo { Reason = reason, Domain = "stockauthority" }) },
    }.ToRpcException();

    private static async Task ReceiveAsync(RunningIntake intake, byte[] body)
    {
        using var response = await intake.PostSignedAsync(body);
        response.EnsureSuccessStatusCode();
    }
}
