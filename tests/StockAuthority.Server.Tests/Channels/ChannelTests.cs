using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Channels;

/// <summary>What the authority keeps of channels, and how Reserve waits for them.</summary>
public sealed class ChannelTests(Ledger ledger) : IClassFixture<Ledger>
{
    private ChannelService.ChannelServiceClient Channels => new(ledger.Channel);

    private ChangeFeedService.ChangeFeedServiceClient Feed => new(ledger.Channel);

    [Fact]
    public async Task Registering_again_takes_over_the_declaration_and_leaves_the_rollout()
    {
        var id = await RegisterAsync(Off);
        await PromoteAsync(id, Shadow);
        var other = Declaration(Off);
        other.Owner = "somebody else";
        var channel = (await Channels.RegisterChannelAsync(new RegisterChannelRequest { TenantId = Tenant, ChannelId = id, Declaration = other })).Channel;
        (channel.Declaration.Owner, channel.Rollout.Mode, channel.Version).ShouldBe(("somebody else", ChannelMode.Shadow, 2));

        (await RefusalAsync(Channels.RegisterChannelAsync(new RegisterChannelRequest { TenantId = Tenant, ChannelId = id, Declaration = new ChannelDeclaration() })))
            .Info.Metadata["fields"].ShouldContain("declaration.customer_sentence");
    }

    [Fact]
    public async Task One_instance_works_and_the_other_takes_over_when_the_lease_ends_with_a_higher_number()
    {
        var id = await RegisterAsync(Percent(100));
        (await AcquireAsync(id, "one")).Held.ShouldBeTrue();
        (await AcquireAsync(id, "two")).Held.ShouldBeFalse();
        (await AcquireAsync(id, "one")).Channel.Lease.FencingNumber.ShouldBe(1, "a renewal is no change of hands");

        await Eventually.Holds(async () => (await AcquireAsync(id, "two", seconds: 60)).Held);
        var (_, info, _) = await RefusalAsync(ReportAsync(id, 1, 1, 1));
        info.Reason.ShouldBe("LEASE_LOST");
        await OpenAsync(ledger.Inventory, 1);
        (await RefusalAsync(AcknowledgeAsync(id, 1, fencing: 1))).Info.Reason.ShouldBe("LEASE_LOST");
        (await AcknowledgeAsync(id, 1, fencing: 2)).Sequence.ShouldBe(1);

        await Channels.AcquireChannelLeaseAsync(new AcquireChannelLeaseRequest { TenantId = Tenant, ChannelId = id, Holder = "two", Release = true });
        (await AcquireAsync(id, "three")).Channel.Lease.FencingNumber.ShouldBe(3, "one that was given up can be taken at once");
    }

    [Fact]
    public async Task A_promotion_without_a_clean_window_is_refused_and_with_one_it_goes_on_and_asks_for_a_resync()
    {
        var id = await RegisterAsync(Percent(25));
        await AcquireAsync(id, "one", seconds: 60);
        var (code, info, _) = await RefusalAsync(PromoteCallAsync(id, Percent(50)));
        (code, info.Reason, info.Metadata["reasons"]).ShouldBe((StatusCode.FailedPrecondition, "CHECKPOINT_NOT_CLEAN", "REPORTS_MISSING,NOTHING_COMPARED"));

        await ReportAsync(id, 1, 1, version: 99);
        (await RefusalAsync(PromoteCallAsync(id, Percent(50)))).Info.Reason.ShouldBe("CHECKPOINT_NOT_CLEAN", "a report of another version counts for nothing");
        await ReportAsync(id, 1, 2, version: 1);
        (await RefusalAsync(PromoteCallAsync(id, Percent(100)))).Info.Reason.ShouldBe("ROLLOUT_STEP_SKIPPED");
        var channel = (await PromoteCallAsync(id, Percent(50))).Channel;
        (channel.Rollout.Percent, channel.Version, channel.Task.Resync, channel.Task.Done).ShouldBe((50, 2L, true, false));
        channel.Checkpoint.Clean.ShouldBeFalse("the next step begins anew");

        channel = (await PromoteCallAsync(id, Off)).Channel;
        channel.Rollout.Mode.ShouldBe(ChannelMode.Off, "back is allowed at any time");
    }

    [Fact]
    public async Task A_channel_of_the_whole_journal_is_on_or_off_and_nothing_between()
    {
        var id = New("channel");
        var declaration = Declaration(Percent(25));
        declaration.WholeJournal = true;
        var request = new RegisterChannelRequest { TenantId = Tenant, ChannelId = id, Declaration = declaration };
        (await RefusalAsync(Channels.RegisterChannelAsync(request))).Info.Metadata["fields"].ShouldContain("declaration.initial_rollout");
        declaration.InitialRollout = Off;
        await Channels.RegisterChannelAsync(request);

        foreach (var part in (ChannelRollout[])[Shadow, Percent(25), new() { Mode = ChannelMode.On, LocationIds = { "berlin" } }])
        {
            var (code, info, _) = await RefusalAsync(PromoteCallAsync(id, part));
            (code, info.Reason).ShouldBe((StatusCode.FailedPrecondition, "ROLLOUT_NOT_PARTIAL"));
        }

        var channel = (await PromoteCallAsync(id, Percent(100))).Channel;
        (channel.Rollout.Percent, channel.Task).ShouldBe((100, null), "it goes on from its checkpoint, so there is nothing to look at again");
        (await PromoteCallAsync(id, Off)).Channel.Rollout.Mode.ShouldBe(ChannelMode.Off);
        (await PromoteCallAsync(id, Percent(100))).Channel.Version.ShouldBe(4);
    }

    [Fact]
    public async Task A_failed_checkpoint_pauses_the_channel_and_says_why()
    {
        var id = await RegisterAsync(Percent(25));
        await AcquireAsync(id, "one", seconds: 60);
        var channel = (await ReportAsync(id, 1, 1, version: 1, drift: 1)).Channel;
        (channel.Paused, channel.CheckpointFailed, channel.Version).ShouldBe((true, true, 2));
        channel.PauseReason.ShouldStartWith("DRIFT");

        var resume = new ResumeChannelRequest { TenantId = Tenant, ChannelId = id, IdempotencyKey = New("resume"), Comment = "repaired" };
        await Channels.ResumeChannelAsync(resume);
        channel = (await Channels.ResumeChannelAsync(resume)).Channel;
        (channel.Paused, channel.CheckpointFailed, channel.Version).ShouldBe((false, false, 3));
        resume.Comment = "something else";
        (await RefusalAsync(Channels.ResumeChannelAsync(resume))).Info.Reason.ShouldBe("IDEMPOTENCY_KEY_REUSED");

        var events = (await Channels.ListChannelEventsAsync(new ListChannelEventsRequest { TenantId = Tenant, ChannelId = id })).Events;
        events.Select(each => each.Action).ShouldBe([ChannelAction.Resumed, ChannelAction.CheckpointFailed, ChannelAction.LeaseTaken, ChannelAction.Registered]);
        events[0].Actor.ShouldNotBeEmpty();
        events[0].Comment.ShouldBe("repaired");
    }

    [Fact]
    public async Task Differences_of_shadow_mode_have_to_be_explained()
    {
        var id = await RegisterAsync(Shadow);
        await AcquireAsync(id, "one", seconds: 60);
        await ReportAsync(id, 1, 1, version: 1, drift: 3);
        (await RefusalAsync(PromoteCallAsync(id, Percent(25)))).Info.Metadata["reasons"].ShouldBe("DRIFT");
        (await PromoteCallAsync(id, Percent(25), explanation: "nobody has written there yet")).Channel.Rollout.Percent.ShouldBe(25);
    }

    [Fact]
    public async Task A_task_is_done_by_the_instance_that_works()
    {
        var id = await RegisterAsync(Percent(100));
        await AcquireAsync(id, "one", seconds: 60);
        var task = (await Channels.ResyncChannelAsync(new ResyncChannelRequest { TenantId = Tenant, ChannelId = id, IdempotencyKey = New("resync"), Comment = "backup", Skus = { "a" } })).Channel.Task;
        var done = new CompleteChannelTaskRequest { TenantId = Tenant, ChannelId = id, FencingNumber = 7, TaskNumber = task.TaskNumber };
        (await RefusalAsync(Channels.CompleteChannelTaskAsync(done))).Info.Reason.ShouldBe("LEASE_LOST");
        done.FencingNumber = 1;
        (await Channels.CompleteChannelTaskAsync(done)).Channel.Task.Done.ShouldBeTrue();
        (await RefusalAsync(Channels.ReplayChannelAsync(new ReplayChannelRequest { TenantId = Tenant, ChannelId = id, IdempotencyKey = New("replay"), Comment = "x", AfterSequence = 1_000_000 })))
            .Info.Reason.ShouldBe("SEQUENCE_NOT_REACHED");
    }

    [Fact]
    public async Task What_was_asked_for_and_is_not_done_is_a_part_of_the_next_task()
    {
        await ledger.OpenAsync(1);
        var id = await RegisterAsync(Percent(100));
        (await ResyncAsync("a")).Skus.ShouldBe(["a"]);
        (await ResyncAsync("a", "b")).Skus.ShouldBe(["a", "b"]);
        var all = await ResyncAsync();
        (all.Resync, all.Skus.Count).ShouldBe((true, 0));
        (await ResyncAsync("c")).Skus.ShouldBeEmpty();

        var replay = (await Channels.ReplayChannelAsync(new ReplayChannelRequest { TenantId = Tenant, ChannelId = id, IdempotencyKey = New("replay"), Comment = "x", AfterSequence = 1 })).Channel.Task;
        (replay.Resync, replay.ReplayAfterSequence).ShouldBe((false, 0));

        await AcquireAsync(id, "one", seconds: 60);
        await Channels.CompleteChannelTaskAsync(new CompleteChannelTaskRequest { TenantId = Tenant, ChannelId = id, FencingNumber = 1, TaskNumber = replay.TaskNumber });
        (await ResyncAsync("d")).Skus.ShouldBe(["d"]);

        async Task<ChannelTask> ResyncAsync(params string[] skus) => (await Channels.ResyncChannelAsync(
            new ResyncChannelRequest { TenantId = Tenant, ChannelId = id, IdempotencyKey = New("resync"), Comment = "x", Skus = { skus } })).Channel.Task;
    }

    [Fact]
    public async Task Levels_are_listed_in_pages_without_a_gap()
    {
        string[] skus = [await ledger.OpenAsync(1), await ledger.OpenAsync(2), await ledger.OpenAsync(3)];
        var request = new ListLevelsRequest { TenantId = Tenant, PageSize = 1, Skus = { skus } };
        var found = new List<ChannelLevel>();
        do
        {
            var page = await Channels.ListLevelsAsync(request);
            found.AddRange(page.Levels);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        found.Select(level => level.Sku).ShouldBe(skus.Order(StringComparer.Ordinal));
        found.Sum(level => level.Available).ShouldBe(6);
    }

    [Fact]
    public async Task Reserve_waits_until_the_channel_has_it_and_a_retry_waits_again()
    {
        var id = await RegisterAsync(Percent(100));
        await AcquireAsync(id, "one", seconds: 60);
        var sku = await ledger.OpenAsync(10);
        var request = Waiting(sku, TimeSpan.FromMilliseconds(50), id, "nobody");
        var first = await ledger.Inventory.ReserveAsync(request);
        first.ChannelConfirmations.Select(each => (each.ChannelId, each.Outcome)).ShouldBe(
            [(id, ChannelConfirmationOutcome.TimedOut), ("nobody", ChannelConfirmationOutcome.UnknownChannel)]);
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(1, "the stock is decided either way");

        request.ConfirmTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(30));
        var waiting = ledger.Inventory.ReserveAsync(request).ResponseAsync;
        await AcknowledgeAsync(id, first.Sequence, fencing: 1);
        var second = await waiting;
        second.Reservation.ShouldBe(first.Reservation);
        second.ChannelConfirmations[0].Outcome.ShouldBe(ChannelConfirmationOutcome.Confirmed);
        request.ConfirmChannels.Clear();
        request.ConfirmTimeout = null;
        (await ledger.Inventory.ReserveAsync(request)).ChannelConfirmations.ShouldBeEmpty("who waited is no part of the stored answer");
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(1);
    }

    [Fact]
    public async Task Nothing_is_waited_for_where_it_cannot_come()
    {
        var paused = await RegisterAsync(Percent(100));
        await Channels.PauseChannelAsync(new PauseChannelRequest { TenantId = Tenant, ChannelId = paused, IdempotencyKey = New("pause"), Comment = "maintenance" });
        var off = await RegisterAsync(Off);
        var declaration = Declaration(Percent(100));
        declaration.BlocksConfirmation = false;
        var free = New("channel");
        await Channels.RegisterChannelAsync(new RegisterChannelRequest { TenantId = Tenant, ChannelId = free, Declaration = declaration });
        var response = await ledger.Inventory.ReserveAsync(Waiting(await ledger.OpenAsync(10), TimeSpan.FromSeconds(30), paused, off, free));
        response.ChannelConfirmations.Select(each => each.Outcome).ShouldBe(
            [ChannelConfirmationOutcome.Paused, ChannelConfirmationOutcome.Off, ChannelConfirmationOutcome.DoesNotBlock]);
    }

    private static readonly ChannelRollout Off = new() { Mode = ChannelMode.Off };
    private static readonly ChannelRollout Shadow = new() { Mode = ChannelMode.Shadow };

    private static ChannelRollout Percent(int percent) => new() { Mode = ChannelMode.On, Percent = percent };

    private static ChannelDeclaration Declaration(ChannelRollout rollout) => new()
    {
        Kind = "test",
        BlocksConfirmation = true,
        CustomerSentence = "Old units.",
        Owner = "tests",
        InitialRollout = rollout,
        Objectives = new ChannelObjectives
        {
            VisibleWithin = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)),
            Window = Duration.FromTimeSpan(TimeSpan.FromMinutes(30)),
            ErrorRatio = 0.1,
            LateRatio = 0.1,
        },
    };

    private static ReserveRequest Waiting(string sku, TimeSpan limit, params string[] channels)
    {
        var request = Reserve(sku, 1);
        request.ConfirmChannels.AddRange(channels);
        request.ConfirmTimeout = Duration.FromTimeSpan(limit);
        return request;
    }

    private async Task<string> RegisterAsync(ChannelRollout rollout)
    {
        var id = New("channel");
        await Channels.RegisterChannelAsync(new RegisterChannelRequest { TenantId = Tenant, ChannelId = id, Declaration = Declaration(rollout) });
        return id;
    }

    private async Task<AcquireChannelLeaseResponse> AcquireAsync(string id, string holder, int seconds = 1) =>
        await Channels.AcquireChannelLeaseAsync(new AcquireChannelLeaseRequest { TenantId = Tenant, ChannelId = id, Holder = holder, Ttl = Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds)) });

    private AsyncUnaryCall<ReportChannelHealthResponse> ReportAsync(string id, long fencing, long number, long version, long drift = 0) =>
        Channels.ReportChannelHealthAsync(new ReportChannelHealthRequest
        {
            TenantId = Tenant,
            ChannelId = id,
            FencingNumber = fencing,
            ReportNumber = number,
            ChannelVersion = version,
            Health = new ChannelHealth { Duration = Duration.FromTimeSpan(TimeSpan.FromMinutes(30)), PushCount = 10, VisibleCount = 10, ComparedCount = 10, DriftCount = drift },
        });

    private AsyncUnaryCall<AcknowledgeChangesResponse> AcknowledgeAsync(string id, long sequence, long fencing) =>
        Feed.AcknowledgeChangesAsync(new AcknowledgeChangesRequest { TenantId = Tenant, Consumer = id, Sequence = sequence, FencingNumber = fencing });

    private async Task PromoteAsync(string id, ChannelRollout rollout) => await PromoteCallAsync(id, rollout);

    private AsyncUnaryCall<PromoteChannelResponse> PromoteCallAsync(string id, ChannelRollout rollout, string explanation = "") =>
        Channels.PromoteChannelAsync(new PromoteChannelRequest
        {
            TenantId = Tenant,
            ChannelId = id,
            IdempotencyKey = New("promote"),
            Rollout = rollout,
            Comment = "next",
            DriftExplanation = explanation,
        });
}
