using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Testing;
using Xunit;
using Eventually = StockAuthority.Connectors.Tests.Hosts.Eventually;

namespace StockAuthority.Connectors.Tests.Webhook;

public sealed class DeliveryTests(TestPostgres postgres) : WebhookFixture(postgres)
{
    private static readonly TimeSpan FiveDays = TimeSpan.FromDays(5);

    [Fact]
    public async Task A_change_arrives_signed_and_says_what_the_level_is()
    {
        var receiver = await SubscriberAsync();
        await ConnectAsync(Subscribes(0, receiver));
        Journal.Append("apple", 7);
        await CheckpointAsync(1);
        await DeliveredAsync(1);
        var webhook = receiver.Received.ShouldHaveSingleItem();
        webhook.MatchingSecrets.ShouldBe(1);
        webhook.Type.ShouldBe("stock.level.changed");
        (webhook.Sku, webhook.Location, webhook.Available, webhook.Version, webhook.Sequence).ShouldBe(("apple", "shop", 7, 1, 1));
        webhook.MessageId.ShouldMatch("^msg_[0-9a-f]{32}$");
        Math.Abs(webhook.Timestamp - Clock.GetUtcNow().ToUnixTimeSeconds()).ShouldBeLessThan(60);
    }

    [Fact]
    public async Task A_retry_has_the_same_id_a_new_timestamp_and_a_signature_over_it()
    {
        var receiver = await SubscriberAsync();
        receiver.Answers = _ => new ReceiverAnswer(receiver.Received.Count == 1 ? 500 : 200);
        await ConnectAsync(Subscribes(0, receiver));
        Journal.Append("apple", 7);
        await FailedAttemptAsync(1);
        Clock.Advance(TimeSpan.FromSeconds(6));
        await DeliveredAsync(1);
        receiver.Received.Count.ShouldBe(2);
        receiver.Received[1].MessageId.ShouldBe(receiver.Received[0].MessageId);
        receiver.Received[1].Timestamp.ShouldBeGreaterThan(receiver.Received[0].Timestamp);
        receiver.Received.ShouldAllBe(webhook => webhook.MatchingSecrets == 1);
    }

    [Fact]
    public async Task While_a_subscriber_fails_only_the_latest_level_waits_and_no_older_one_follows()
    {
        var receiver = await SubscriberAsync();
        var fails = true;
        receiver.Answers = _ => new ReceiverAnswer(fails ? 500 : 200);
        await ConnectAsync(Subscribes(0, receiver));
        for (var available = 1; available <= 50; available++)
        {
            Journal.Append("apple", available);
            await CheckpointAsync(available);
        }

        fails = false;
        Clock.Advance(TimeSpan.FromMinutes(1));
        await DeliveredAsync(1);
        receiver.Shows("apple").ShouldBe(50);
        (await DeliveriesAsync("pending")).ShouldBeEmpty();
        ShouldNeverGoBack(receiver);
    }

    [Fact]
    public async Task A_newer_version_waits_for_the_answer_to_the_older_one()
    {
        var receiver = await SubscriberAsync();
        var answer = new TaskCompletionSource();
        receiver.Answers = webhook => new ReceiverAnswer(500, Hold: webhook.Version == 1 ? answer.Task : null);
        await ConnectAsync(Subscribes(0, receiver));
        Journal.Append("apple", 1);
        await Eventually.HoldsAsync(() => receiver.Received.Count == 1);
        Journal.Append("apple", 2);
        Journal.Append("pear", 1);
        await Eventually.HoldsAsync(() => receiver.Received.Any(webhook => webhook.Sku == "pear"));
        await CheckpointAsync(3);
        receiver.Received.Count(webhook => webhook.Sku == "apple").ShouldBe(1);
        receiver.Answers = _ => new ReceiverAnswer(200);
        answer.SetResult();
        await Eventually.HoldsAsync(() => receiver.Shows("apple") == 2);
        ShouldNeverGoBack(receiver);
        (await DeliveriesAsync("superseded")).ShouldHaveSingleItem().Version.ShouldBe(1);
    }

    [Fact]
    public async Task A_feed_that_is_read_again_sends_nothing_twice_and_nothing_older()
    {
        var receiver = await SubscriberAsync();
        var subscribes = Subscribes(0, receiver);
        var connector = await ConnectAsync(subscribes);
        for (var available = 1; available <= 20; available++)
        {
            Journal.Append("apple", available);
            await CheckpointAsync(available);
        }

        await Eventually.HoldsAsync(() => receiver.Shows("apple") == 20);
        await Eventually.HoldsAsync(async () => (await DeliveriesAsync("pending")).Count == 0);
        await StopAsync(connector);
        var before = receiver.Received.Count;
        Journal.Rewind(Consumer, 3);
        Feed.Switches.PageSize = 2;
        await ConnectAsync(subscribes);
        Journal.Append("pear", 1);
        await CheckpointAsync(21);
        await Eventually.HoldsAsync(() => receiver.Shows("pear") == 1);
        receiver.Received.Count.ShouldBe(before + 1);
        ShouldNeverGoBack(receiver);
    }

    [Fact]
    public async Task Nothing_is_acknowledged_before_its_messages_are_stored()
    {
        var receiver = await SubscriberAsync();
        await ConnectAsync(Subscribes(0, receiver));
        Journal.Append("apple", 1);
        await DeliveredAsync(1);
        await CheckpointAsync(1);

        await using var connection = await Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var locked = connection.CreateCommand())
        {
            locked.CommandText = "LOCK TABLE webhooks.level_versions IN ACCESS EXCLUSIVE MODE";
            await locked.ExecuteNonQueryAsync();
        }

        Journal.Append("apple", 2);
        await Eventually.HoldsAsync(async () =>
        {
            await using var waiting = Database.DataSource.CreateCommand("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'webhooks.level_versions'::regclass AND NOT granted)");
            return (bool)(await waiting.ExecuteScalarAsync())!;
        });
        Journal.Checkpoint(Consumer).ShouldBe(1);
        await transaction.RollbackAsync();
        await CheckpointAsync(2);
        await Eventually.HoldsAsync(() => receiver.Shows("apple") == 2);
    }

    [Fact]
    public async Task One_subscriber_that_hangs_holds_up_no_other()
    {
        var (slow, quick) = (await SubscriberAsync(), await SubscriberAsync());
        var never = new TaskCompletionSource();
        slow.Answers = _ => new ReceiverAnswer(200, Hold: never.Task);
        await ConnectAsync([.. Subscribes(0, slow), .. Subscribes(1, quick)]);
        for (var item = 1; item <= 300; item++)
        {
            Journal.Append($"item-{item}", item);
        }

        await CheckpointAsync(300);
        await Eventually.HoldsAsync(() => quick.Received.Select(webhook => webhook.Sku).Distinct().Count() == 300);
        slow.Received.Count.ShouldBe(8);
        never.SetResult();
        await Eventually.HoldsAsync(() => slow.Received.Count == 300);
    }

    [Fact]
    public async Task Filters_decide_who_is_told_of_what()
    {
        var (fruit, store) = (await SubscriberAsync(), await SubscriberAsync());
        await ConnectAsync([.. Subscribes(0, fruit, "SkuPrefixes:0=fruit-", "EventTypes:0=stock.level.changed"), .. Subscribes(1, store, "Locations:0=store-1")]);
        Journal.Append("fruit-apple", 1, location: "store-1");
        Journal.Append("fruit-pear", 2, location: "store-2");
        Journal.Append("mug", 3, location: "store-1");
        Journal.Append("Fruit-plum", 4, location: "store-2");
        await CheckpointAsync(4);
        await DeliveredAsync(4);
        fruit.Received.Select(webhook => webhook.Sku).ShouldBe(["fruit-apple", "fruit-pear"], ignoreOrder: true);
        store.Received.Select(webhook => webhook.Sku).ShouldBe(["fruit-apple", "mug"], ignoreOrder: true);
    }

    [Fact]
    public async Task During_a_rotation_both_secrets_sign_and_afterwards_only_the_new_one()
    {
        var receiver = await SubscriberAsync();
        var (old, fresh) = (receiver.Secrets[0], WebhookReceiver.NewSecret());
        await ConnectAsync(Subscribes(0, receiver));
        receiver.Secrets = [old, fresh];
        await TellAsync("apple", 1);
        receiver.Received[0].MatchingSecrets.ShouldBe(1);

        WriteSecrets(0, [fresh, old]);
        await TellAsync("apple", 2);
        (receiver.Received[1].Signatures, receiver.Received[1].MatchingSecrets).ShouldBe((2, 2));

        WriteSecrets(0, [fresh]);
        receiver.Secrets = [fresh];
        await TellAsync("apple", 3);
        (receiver.Received[2].Signatures, receiver.Received[2].MatchingSecrets).ShouldBe((1, 1));

        async Task TellAsync(string sku, long available)
        {
            var before = receiver.Received.Count;
            Journal.Append(sku, available);
            await Eventually.HoldsAsync(() => receiver.Received.Count == before + 1);
        }
    }

    [Fact]
    public async Task A_Retry_After_that_is_longer_than_the_schedule_is_honoured()
    {
        var receiver = await SubscriberAsync();
        receiver.Answers = _ => new ReceiverAnswer(receiver.Received.Count == 1 ? 429 : 200, RetryAfterSeconds: 3600);
        await ConnectAsync(Subscribes(0, receiver));
        Journal.Append("apple", 7);
        await FailedAttemptAsync(1);
        Clock.Advance(TimeSpan.FromMinutes(50));
        Journal.Append("pear", 1);
        await CheckpointAsync(2);
        var due = (await DeliveriesAsync("pending")).Single(delivery => delivery.Sku == "apple").NextAttemptAt!.Value;
        (due - Clock.GetUtcNow()).ShouldBeGreaterThan(TimeSpan.FromMinutes(9));
        receiver.Received.Count.ShouldBe(1);
        Clock.Advance(TimeSpan.FromMinutes(11));
        await DeliveredAsync(2);
    }

    [Fact]
    public async Task A_410_disables_and_stockctl_takes_it_up_again_with_what_waited()
    {
        var receiver = await SubscriberAsync();
        receiver.Answers = _ => new ReceiverAnswer(410);
        await ConnectAsync(Subscribes(0, receiver));
        Journal.Append("apple", 7);
        await Eventually.HoldsAsync(async () => (await Log.SubscribersAsync(CancellationToken.None)).Any(state => !state.Enabled));
        (await StateAsync("s0")).DisabledReason!.ShouldStartWith("GONE");
        Journal.Append("apple", 8);
        Journal.Append("pear", 1);
        await CheckpointAsync(3);
        receiver.Received.Count.ShouldBe(1);

        receiver.Answers = _ => new ReceiverAnswer(200);
        (await Log.EnableAsync("s0", CancellationToken.None)).ShouldBeTrue();
        await Eventually.HoldsAsync(() => receiver.Shows("apple") == 8 && receiver.Shows("pear") == 1);
        (await StateAsync("s0")).Enabled.ShouldBeTrue();
    }

    [Fact]
    public async Task What_fails_is_tried_by_the_published_schedule_and_disabled_after_five_days()
    {
        var receiver = await SubscriberAsync();
        receiver.Answers = _ => new ReceiverAnswer(500, Body: new string('x', 5000));
        await ConnectAsync(Subscribes(0, receiver));
        Journal.Append("apple", 7);
        var start = Clock.GetUtcNow();
        double[] hours = [5.0 / 3600, 5.0 / 60, 0.5, 2, 5, 10, 14, 20, 24, 24, 24, 24];
        for (var attempt = 1; (await FailedAttemptAsync(attempt)) is { NextAttemptAt: { } next } pending; attempt++)
        {
            if (!(await StateAsync("s0")).Enabled)
            {
                break;
            }

            (Clock.GetUtcNow() - start).ShouldBeLessThan(FiveDays);
            (next - pending.LastAttemptAt!.Value).TotalHours.ShouldBeInRange(hours[attempt - 1] * 0.89, (hours[attempt - 1] * 1.11) + 0.01);
            Clock.Advance(next - Clock.GetUtcNow());
        }

        (Clock.GetUtcNow() - start).ShouldBeGreaterThanOrEqualTo(FiveDays - TimeSpan.FromSeconds(1));
        var state = await StateAsync("s0");
        state.DisabledReason!.ShouldStartWith("FAILING");
        state.Pending.ShouldBe(1);
        var log = (await DeliveriesAsync()).ShouldHaveSingleItem();
        (log.Status, log.LastStatus, log.Response!.Length).ShouldBe(("pending", 500, 1024));
        receiver.Received.Select(webhook => webhook.MessageId).Distinct().ShouldHaveSingleItem();
        receiver.Received.Count.ShouldBe(log.Attempts);
    }

    [Fact]
    public async Task A_message_that_is_refused_for_five_days_is_given_up_while_others_are_taken()
    {
        var receiver = await SubscriberAsync();
        receiver.Answers = webhook => new ReceiverAnswer(webhook.Sku == "apple" ? 400 : 200);
        await ConnectAsync(Subscribes(0, receiver));
        Journal.Append("apple", 7);
        var attempts = 0;
        for (var day = 1; (await DeliveriesAsync("failed")).Count == 0; day++)
        {
            attempts++;
            await Eventually.HoldsAsync(async () => (await DeliveriesAsync()).Any(delivery => delivery.Sku == "apple" && delivery.Attempts >= attempts && delivery.NextAttemptAt > Clock.GetUtcNow())
                || (await DeliveriesAsync("failed")).Count == 1);
            Journal.Append("pear", day);
            await Eventually.HoldsAsync(() => receiver.Shows("pear") == day);
            await Eventually.HoldsAsync(async () => (await StateAsync("s0")).FailingSince is null);
            Clock.Advance(TimeSpan.FromHours(27));
        }

        (await StateAsync("s0")).Enabled.ShouldBeTrue();
        (await DeliveriesAsync("failed")).ShouldHaveSingleItem().Sku.ShouldBe("apple");
    }

    [Fact]
    public async Task Redelivery_of_one_or_a_range_keeps_ids_and_sends_no_older_version()
    {
        var receiver = await SubscriberAsync();
        await ConnectAsync(Subscribes(0, receiver));
        foreach (var (sku, available) in new[] { ("apple", 1L), ("pear", 2L), ("apple", 3L), ("plum", 4L) })
        {
            Journal.Append(sku, available);
            await Eventually.HoldsAsync(() => receiver.Shows(sku) == available);
        }

        await DeliveredAsync(4);
        var first = receiver.Received.ToList();
        (await Log.RedeliverAsync(first[0].MessageId, first[0].MessageId, CancellationToken.None)).ShouldBe(new Cli.Webhook.Redelivery(0, 0, 1));
        (await Log.RedeliverAsync(first[1].MessageId, first[1].MessageId, CancellationToken.None)).ShouldBe(new Cli.Webhook.Redelivery(1, 0, 0));
        await Eventually.HoldsAsync(() => receiver.Received.Count == 5);
        receiver.Received[4].MessageId.ShouldBe(first[1].MessageId);
        await DeliveredAsync(4);

        (await Log.RedeliverAsync(first[0].MessageId, first[3].MessageId, CancellationToken.None)).ShouldBe(new Cli.Webhook.Redelivery(3, 0, 1));
        await Eventually.HoldsAsync(() => receiver.Received.Count == 8);
        receiver.Received.Skip(5).Select(webhook => (webhook.Sku, webhook.Available)).ShouldBe([("pear", 2), ("apple", 3), ("plum", 4)], ignoreOrder: true);
        (await Log.RedeliverAsync("msg_0", "msg_0", CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task What_subscribers_were_told_can_be_read_back()
    {
        var (all, store) = (await SubscriberAsync(), await SubscriberAsync());
        var connector = await ConnectAsync([.. Subscribes(0, all), .. Subscribes(1, store, "Locations:0=store-1")]);
        Journal.Append("apple", 7);
        await CheckpointAsync(1);
        Journal.Append("apple", 8);
        Journal.Append("pear", 1, location: "store-1");
        await CheckpointAsync(3);
        var channel = connector.Services.GetRequiredService<ILevelChannel>();
        (await channel.ReadAsync([new("pear", "store-1"), new("plum", "shop"), new("apple", "shop")], CancellationToken.None)).ShouldBe([1, null, 8]);
    }

    [Fact]
    public async Task A_redirect_is_a_failure_and_is_not_followed()
    {
        var (receiver, elsewhere) = (await SubscriberAsync(), await SubscriberAsync());
        receiver.Answers = _ => new ReceiverAnswer(307, Location: elsewhere.Url);
        await ConnectAsync(Subscribes(0, receiver));
        Journal.Append("apple", 7);
        (await FailedAttemptAsync(1))!.LastStatus.ShouldBe(307);
        elsewhere.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task Finished_messages_go_after_their_retention_and_pending_ones_stay()
    {
        var receiver = await SubscriberAsync();
        receiver.Answers = webhook => new ReceiverAnswer(webhook.Sku == "apple" ? 500 : 200);
        var connector = await ConnectAsync(Subscribes(0, receiver));
        Journal.Append("apple", 7);
        Journal.Append("pear", 1);
        await DeliveredAsync(1);
        await FailedAttemptAsync(1);
        Clock.Advance(TimeSpan.FromDays(31));
        var retention = (Connectors.Webhook.Messages.MessageRetention)connector.Services.GetService(typeof(Connectors.Webhook.Messages.MessageRetention))!;
        (await retention.DeleteExpiredAsync(CancellationToken.None)).ShouldBe(1);
        (await DeliveriesAsync()).ShouldHaveSingleItem().Sku.ShouldBe("apple");
    }

    /// <summary>The first message that was attempted so often, once its attempt has ended.</summary>
    private async Task<Cli.Webhook.DeliveryEntry?> FailedAttemptAsync(int attempts)
    {
        async Task<Cli.Webhook.DeliveryEntry?> ReadAsync() =>
            (await DeliveriesAsync()).FirstOrDefault(delivery => delivery.Attempts >= attempts && delivery.LastError is not null && delivery.NextAttemptAt is not null);
        await Eventually.HoldsAsync(async () => await ReadAsync() is { } entry && await IsNotLeasedAsync(entry.MessageId));

        // Read again: until its attempt ended, what was due next was the end of the lease.
        return await ReadAsync();
    }

    private async Task<bool> IsNotLeasedAsync(string messageId)
    {
        await using var command = Database.DataSource.CreateCommand("SELECT leased_until IS NULL FROM webhooks.messages WHERE message_id = $1");
        command.Parameters.Add(new() { Value = messageId });
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private static void ShouldNeverGoBack(WebhookReceiver receiver)
    {
        foreach (var level in receiver.Received.GroupBy(webhook => (webhook.Sku, webhook.Location)))
        {
            var versions = level.Select(webhook => webhook.Version).ToArray();
            versions.ShouldBe(versions.Order());
        }
    }
}
