using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Tests.Inventory;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Exceptions;

/// <summary>What people do with cases.</summary>
public sealed class WorkedCaseTests(Ledger ledger) : IClassFixture<Ledger>
{
    private readonly Cases _cases = new(ledger);

    [Fact]
    public async Task A_case_is_assigned_commented_and_resolved_and_its_history_tells_who_did_it()
    {
        var (sku, order, _) = await _cases.PaidNotAvailableAsync();
        var opened = await _cases.OnlyOneAsync(order);

        var assigned = (await _cases.Service.AssignExceptionAsync(Assign(opened, "edda", "finance"))).ExceptionCase;
        var commented = (await _cases.Service.CommentExceptionAsync(Comment(opened, "The customer was called."))).ExceptionCase;
        var resolved = (await _cases.Service.ResolveExceptionAsync(Resolve(commented))).ExceptionCase;

        (assigned.Status, assigned.Assignee, assigned.OwnerLane, assigned.Version).ShouldBe((ExceptionStatus.Assigned, "edda", "finance", opened.Version + 1));
        commented.Version.ShouldBe(assigned.Version + 1);
        (resolved.Status, resolved.Disposition, resolved.Assignee).ShouldBe((ExceptionStatus.Resolved, ExceptionDisposition.Refunded, "edda"));
        var details = await _cases.GetAsync(opened.CaseId);
        details.ExceptionCase.ShouldBe(resolved);
        details.History.Select(entry => (entry.EntryNumber, entry.Action)).ShouldBe(
        [
            (1, ExceptionAction.Opened), (2, ExceptionAction.Assigned), (3, ExceptionAction.Commented), (4, ExceptionAction.Resolved),
        ]);
        details.History.Skip(1).Select(entry => entry.Actor).Distinct().Single().ShouldNotBeEmpty();
        details.History.Select(entry => entry.Comment).Skip(1).ShouldBe(["To edda. Lane finance.", "The customer was called.", "REFUNDED: Paid back."]);

        // Nothing of it touched the stock, and the cause is not raised again by what is known already.
        (await ledger.LevelAsync(sku)).ShouldSatisfyAllConditions(level => level.Available.ShouldBe(1), level => level.Version.ShouldBe(1));
        await _cases.ApplyAsync(Cases.Event(PaymentEventType.SettlementConfirmed, order, opened.PaymentObjectId, 9));
        (await _cases.OnlyOneAsync(order)).ShouldBe(resolved);
    }

    [Fact]
    public async Task Two_people_do_not_overwrite_each_other()
    {
        var (_, order, _) = await _cases.PaidNotAvailableAsync();
        var seen = await _cases.OnlyOneAsync(order);
        await _cases.Service.AssignExceptionAsync(Assign(seen, "edda"));

        var (code, info, _) = await RefusalAsync(_cases.Service.ResolveExceptionAsync(Resolve(seen)));

        (code, info.Reason, info.Metadata["expected_version"], info.Metadata["current_version"]).ShouldBe((StatusCode.FailedPrecondition, "EXCEPTION_CHANGED", "1", "2"));
        (await _cases.OnlyOneAsync(order)).Status.ShouldBe(ExceptionStatus.Assigned);
        var many = await Task.WhenAll(Enumerable.Range(0, 10).Select(person => TryAsync(_cases.Service.AssignExceptionAsync(Assign(seen, $"person-{person}", version: 2)))));
        many.Count(taken => taken).ShouldBe(1);
    }

    [Fact]
    public async Task The_same_key_is_done_once_a_refusal_included_and_with_another_request_refused()
    {
        var (_, order, _) = await _cases.PaidNotAvailableAsync();
        var seen = await _cases.OnlyOneAsync(order);
        var assign = Assign(seen, "edda");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => (await _cases.Service.AssignExceptionAsync(assign)).ExceptionCase));
        answers.Distinct().Count().ShouldBe(1);
        (await _cases.GetAsync(seen.CaseId)).History.Count.ShouldBe(2);
        assign.Assignee = "finn";
        (await RefusalAsync(_cases.Service.AssignExceptionAsync(assign))).Info.Reason.ShouldBe("IDEMPOTENCY_KEY_REUSED");

        var resolve = Resolve(seen);
        (await RefusalAsync(_cases.Service.ResolveExceptionAsync(resolve))).Info.Reason.ShouldBe("EXCEPTION_CHANGED");
        await _cases.Service.ResolveExceptionAsync(Resolve(answers[0]));
        (await RefusalAsync(_cases.Service.ResolveExceptionAsync(resolve))).Info.Reason.ShouldBe("EXCEPTION_CHANGED", "the stored refusal");

        var late = Resolve(answers[0]);
        var (code, info, _) = await RefusalAsync(_cases.Service.ResolveExceptionAsync(late));
        (code, info.Reason, info.Metadata["disposition"]).ShouldBe((StatusCode.FailedPrecondition, "EXCEPTION_RESOLVED", "REFUNDED"));
    }

    [Theory]
    [InlineData(ExceptionDisposition.Unspecified, "why", 1, "MISSING_FIELD", "disposition")]
    [InlineData(ExceptionDisposition.MendedByEvent, "why", 1, "OUT_OF_RANGE", "disposition")]
    [InlineData(ExceptionDisposition.MendedByReporter, "why", 1, "OUT_OF_RANGE", "disposition")]
    [InlineData((ExceptionDisposition)77, "why", 1, "UNKNOWN_ENUM_VALUE", "disposition")]
    [InlineData(ExceptionDisposition.Other, "", 1, "MISSING_FIELD", "comment")]
    [InlineData(ExceptionDisposition.Other, "why", 0, "MISSING_FIELD", "version")]
    [InlineData(ExceptionDisposition.Other, "why", -1, "OUT_OF_RANGE", "version")]
    public async Task A_resolution_that_cannot_be_is_refused_by_its_field(ExceptionDisposition disposition, string comment, long version, string reason, string field)
    {
        var (code, info, _) = await RefusalAsync(_cases.Service.ResolveExceptionAsync(new ResolveExceptionRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("key"),
            CaseId = "exc-1",
            Disposition = disposition,
            Comment = comment,
            Version = version,
        }));

        (code, info.Reason, info.Metadata["fields"]).ShouldBe((StatusCode.InvalidArgument, reason, field));
    }

    [Fact]
    public async Task A_case_of_another_tenant_is_not_there()
    {
        var (_, order, _) = await _cases.PaidNotAvailableAsync();
        var theirs = await _cases.OnlyOneAsync(order);
        var mine = New("tenant");
        await new CatalogueService.CatalogueServiceClient(ledger.Channel).PutTenantAsync(new PutTenantRequest { TenantId = mine });
        using var channel = await ledger.Server.ChannelAsync(mine);
        var service = new ExceptionService.ExceptionServiceClient(channel);

        (await RefusalAsync(service.GetExceptionAsync(new GetExceptionRequest { TenantId = mine, CaseId = theirs.CaseId }))).Info.Reason.ShouldBe("EXCEPTION_NOT_FOUND");
        var assign = Assign(theirs, "me");
        assign.TenantId = mine;
        (await RefusalAsync(service.AssignExceptionAsync(assign))).Info.Reason.ShouldBe("EXCEPTION_NOT_FOUND");
        var replayed = await service.ReplayExceptionsAsync(new ReplayExceptionsRequest { TenantId = mine, IdempotencyKey = New("key"), CaseIds = { theirs.CaseId } });
        replayed.Results.Single().Outcome.ShouldBe(ReplayOutcome.NotFound);
        (await service.ListExceptionsAsync(new ListExceptionsRequest { TenantId = mine })).Exceptions.ShouldBeEmpty();
        (await _cases.OnlyOneAsync(order)).ShouldBe(theirs);
    }

    [Fact]
    public async Task A_replay_does_what_is_possible_now_and_nothing_twice()
    {
        // An explicit release by a caller is no event of the order's payments: nothing judges the order again by itself.
        var (sku, order, payment) = (await ledger.OpenAsync(5), New("order"), New("pi"));
        var reserved = await ledger.Inventory.ReserveAsync(Reserve(sku, 2, order: order));
        await _cases.ApplyAsync(Cases.Event(PaymentEventType.CaptureSucceeded, order, payment));
        await _cases.ApplyAsync(Cases.Event(PaymentEventType.RefundPosted, order, payment, 9));
        var review = (await _cases.OpenOfOrderAsync(order)).Single();
        review.Kind.ShouldBe(ExceptionKind.RefundReview);
        var replay = Replay(review);
        (await _cases.Service.ReplayExceptionsAsync(replay)).Results.Single().Outcome.ShouldBe(ReplayOutcome.Unchanged);
        await ledger.Inventory.ReleaseAsync(Release(reserved.Reservation, Line(sku, 2)));

        // The first key has its answer.
        (await _cases.Service.ReplayExceptionsAsync(replay)).Results.Single().Outcome.ShouldBe(ReplayOutcome.Unchanged);
        var before = await ledger.LevelAsync(sku);
        var mended = await _cases.Service.ReplayExceptionsAsync(Replay(review));

        mended.Results.Single().ShouldSatisfyAllConditions(
            each => each.CaseId.ShouldBe(review.CaseId),
            each => each.Outcome.ShouldBe(ReplayOutcome.Mended),
            each => each.ExceptionCase.Disposition.ShouldBe(ExceptionDisposition.MendedByEvent));
        (await _cases.Service.ReplayExceptionsAsync(Replay(review))).Results.Single().Outcome.ShouldBe(ReplayOutcome.AlreadyResolved);
        (await ledger.LevelAsync(sku)).ShouldBe(before);
        (await _cases.GetAsync(review.CaseId)).History.Select(entry => entry.Action).ShouldBe(
            [ExceptionAction.Opened, ExceptionAction.Replayed, ExceptionAction.Replayed, ExceptionAction.Resolved]);
    }

    [Fact]
    public async Task A_filtered_replay_takes_all_that_match_at_once_and_commits_each_order_once()
    {
        var owner = New("owner");
        var sku = await ledger.OpenAsync(1);
        List<ExceptionCase> waiting = [];
        for (var number = 0; number < 5; number++)
        {
            var order = New("order");
            await _cases.ApplyAsync(Cases.Event(PaymentEventType.CaptureSucceeded, order, New("pi"), lines: Line(sku, 2)));
            waiting.Add((await _cases.Service.AssignExceptionAsync(Assign(await _cases.OnlyOneAsync(order), owner))).ExceptionCase);
        }

        await _cases.ReceiveAsync(sku, 7);
        ReplayExceptionsRequest Batch() => new() { TenantId = Tenant, IdempotencyKey = New("key"), Filter = new ExceptionFilter { Assignee = owner } };
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ => await _cases.Service.ReplayExceptionsAsync(Batch())));

        // Eight units: four orders of two, whoever asked, and the sweep beside them.
        answers.SelectMany(answer => answer.Results).ShouldAllBe(each => waiting.Select(one => one.CaseId).Contains(each.CaseId));
        var level = await ledger.LevelAsync(sku);
        (level.Available, level.Committed, level.Reserved).ShouldBe((0, 8, 0));
        (await _cases.Service.ListExceptionsAsync(new ListExceptionsRequest { TenantId = Tenant, Assignee = owner })).Exceptions.Count.ShouldBe(1);
        (await _cases.Service.ListExceptionsAsync(new ListExceptionsRequest { TenantId = Tenant, Assignee = owner, Status = ExceptionStatus.Resolved })).Exceptions.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_list_comes_in_pages_the_earliest_due_first_and_filters()
    {
        var channel = New("channel");
        for (var number = 0; number < 7; number++)
        {
            await _cases.Service.ReportExceptionAsync(ReportedCaseTests.Report(channel, New("sku"), number < 4 ? ExceptionKind.Drift : ExceptionKind.RolloutCheckpointFailed));
        }

        var request = new ListExceptionsRequest { TenantId = Tenant, Channel = channel, PageSize = 3 };
        List<ExceptionCase> all = [];
        do
        {
            var page = await _cases.Service.ListExceptionsAsync(request);
            page.Exceptions.Count.ShouldBeLessThanOrEqualTo(3);
            all.AddRange(page.Exceptions);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        all.Count.ShouldBe(7);
        all.Select(each => each.CaseId).ShouldBeUnique();
        all.Select(each => each.DueTime.ToDateTimeOffset()).ShouldBeInOrder();
        request = new ListExceptionsRequest { TenantId = Tenant, Channel = channel, DueBefore = all[2].DueTime };
        (await _cases.Service.ListExceptionsAsync(request)).Exceptions.ShouldBe(all.Take(2));
        request = new ListExceptionsRequest { TenantId = Tenant, Channel = channel, Kind = ExceptionKind.RolloutCheckpointFailed, OwnerLane = "channels" };
        (await _cases.Service.ListExceptionsAsync(request)).Exceptions.Count.ShouldBe(3);
        request.OwnerLane = "payments";
        (await _cases.Service.ListExceptionsAsync(request)).Exceptions.ShouldBeEmpty();
        request.PageToken = "7.nothing";
        (await RefusalAsync(_cases.Service.ListExceptionsAsync(request))).Info.Reason.ShouldBe("INVALID_PAGE_TOKEN");
    }

    private static AssignExceptionRequest Assign(ExceptionCase seen, string assignee, string lane = "", long? version = null) =>
        new() { TenantId = Tenant, IdempotencyKey = New("key"), CaseId = seen.CaseId, Version = version ?? seen.Version, Assignee = assignee, OwnerLane = lane };

    private static CommentExceptionRequest Comment(ExceptionCase seen, string comment) =>
        new() { TenantId = Tenant, IdempotencyKey = New("key"), CaseId = seen.CaseId, Comment = comment };

    private static ResolveExceptionRequest Resolve(ExceptionCase seen) => new()
    {
        TenantId = Tenant,
        IdempotencyKey = New("key"),
        CaseId = seen.CaseId,
        Version = seen.Version,
        Disposition = ExceptionDisposition.Refunded,
        Comment = "Paid back.",
    };

    private static ReplayExceptionsRequest Replay(ExceptionCase seen) => new() { TenantId = Tenant, IdempotencyKey = New("key"), CaseIds = { seen.CaseId } };

    private static async Task<bool> TryAsync(AsyncUnaryCall<AssignExceptionResponse> call)
    {
        try
        {
            await call;
            return true;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.FailedPrecondition)
        {
            return false;
        }
    }
}
