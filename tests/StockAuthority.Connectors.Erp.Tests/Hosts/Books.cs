using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Erp.Tests.Hosts;

/// <summary>A tenant's stock and payments, and what is recorded of them as booked.</summary>
internal sealed class Books(AuthorityStand stand, string tenant)
{
    private int _keys;

    public string Tenant => tenant;

    public InventoryService.InventoryServiceClient Inventory => new(stand.Channel);

    public PostingService.PostingServiceClient Postings => new(stand.Channel);

    private string Key => string.Create(CultureInfo.InvariantCulture, $"{tenant}-{Interlocked.Increment(ref _keys)}");

    public async Task AdjustAsync(string sku, long quantity, AdjustmentReason reason = AdjustmentReason.Receipt, string location = AuthorityStand.Location) =>
        await Inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = tenant,
            IdempotencyKey = Key,
            DocumentRef = "doc",
            Reason = reason,
            Lines = { new StockLine { Sku = sku, LocationId = location, Quantity = quantity } },
        });

    public async Task<Reservation> ReserveAsync(string sku, long quantity, string order) => (await Inventory.ReserveAsync(new ReserveRequest
    {
        TenantId = tenant,
        IdempotencyKey = Key,
        OrderRef = order,
        Lines = { new StockLine { Sku = sku, LocationId = AuthorityStand.Location, Quantity = quantity } },
    })).Reservation;

    public async Task PayAsync(PaymentEventType type, string payment, string order, long minorUnits, string currency = "EUR") =>
        await new PaymentEventService.PaymentEventServiceClient(stand.Channel).ApplyPaymentEventAsync(new ApplyPaymentEventRequest
        {
            TenantId = tenant,
            IdempotencyKey = Key,
            Event = new PaymentEvent
            {
                EventType = type,
                Provider = "stripe",
                Account = "test",
                ProviderEventId = Key,
                PaymentObjectId = payment,
                ModificationRef = Key,
                OrderRef = order,
                Amount = new Money { Currency = currency, MinorUnits = minorUnits },
                FullAmount = true,
                OccurTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
                SchemaVersion = 1,
            },
        });

    /// <summary>Until the connector has acknowledged all there is.</summary>
    public async Task<bool> CaughtUpAsync()
    {
        var feed = await new ChangeFeedService.ChangeFeedServiceClient(stand.Channel).GetCheckpointAsync(
            new GetCheckpointRequest { TenantId = tenant, Consumer = DevHost.Processes.Services.ErpConsumer });
        var intents = await Postings.GetPostingCheckpointAsync(new GetPostingCheckpointRequest { TenantId = tenant, Consumer = DevHost.Processes.Services.ErpConsumer });
        return feed.Sequence == feed.HeadSequence && intents.IntentNumber == intents.HeadIntentNumber;
    }

    public Task WaitAsync() => Eventually.Holds(CaughtUpAsync, TimeSpan.FromSeconds(90));

    public async Task<List<Posting>> ListPostingsAsync()
    {
        List<Posting> all = [];
        var request = new ListPostingsRequest { TenantId = tenant, PageSize = 500 };
        do
        {
            var page = await Postings.ListPostingsAsync(request);
            all.AddRange(page.Postings);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return all;
    }

    /// <summary>Cases about postings that are not resolved.</summary>
    public async Task<IReadOnlyList<ExceptionCase>> CasesAsync() =>
        (await new ExceptionService.ExceptionServiceClient(stand.Channel).ListExceptionsAsync(new ListExceptionsRequest { TenantId = tenant, Kind = ExceptionKind.PostingRefused })).Exceptions;

    /// <summary>A case with what was sent and what came back.</summary>
    public async Task<GetExceptionResponse> CaseAsync(string caseId) =>
        await new ExceptionService.ExceptionServiceClient(stand.Channel).GetExceptionAsync(new GetExceptionRequest { TenantId = tenant, CaseId = caseId });

    /// <summary>Somebody mended the cause, and has it tried again.</summary>
    public async Task<ReplayOutcome> ReplayCaseAsync(string caseId)
    {
        var request = new ReplayExceptionsRequest { TenantId = tenant, IdempotencyKey = Key, CaseIds = { caseId }, Comment = "mended" };
        return (await new ExceptionService.ExceptionServiceClient(stand.Channel).ReplayExceptionsAsync(request)).Results.Single().Outcome;
    }

    /// <summary>Turns it on or off.</summary>
    public async Task<RegisteredChannel> PromoteAsync(ChannelRollout rollout) => (await new ChannelService.ChannelServiceClient(stand.Channel).PromoteChannelAsync(
        new PromoteChannelRequest { TenantId = tenant, ChannelId = DevHost.Processes.Services.ErpConsumer, IdempotencyKey = Key, Comment = "test", Rollout = rollout })).Channel;

    public async Task<RegisteredChannel> ChannelAsync() =>
        (await new ChannelService.ChannelServiceClient(stand.Channel).GetChannelAsync(new GetChannelRequest { TenantId = tenant, ChannelId = DevHost.Processes.Services.ErpConsumer })).Channel;

    /// <summary>Somebody booked it by hand, and said so.</summary>
    public async Task RecordAsync(string origin, string system, string document, string sku, long quantity) => await Postings.RecordPostingAsync(new RecordPostingRequest
    {
        TenantId = tenant,
        Posting = new Posting
        {
            Origin = origin,
            System = system,
            DocumentId = document,
            PostTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
            Quantities = { new StockLine { Sku = sku, LocationId = AuthorityStand.Location, Quantity = quantity } },
        },
    });

    public async Task<ChannelLease> LeaseAsync() =>
        (await new ChannelService.ChannelServiceClient(stand.Channel).GetChannelAsync(new GetChannelRequest { TenantId = tenant, ChannelId = DevHost.Processes.Services.ErpConsumer })).Channel.Lease;

    /// <summary>Asks for another look at the movements after a sequence; the task's number.</summary>
    public async Task<long> ReplayAsync(long afterSequence) => (await new ChannelService.ChannelServiceClient(stand.Channel).ReplayChannelAsync(
        new ReplayChannelRequest { TenantId = tenant, ChannelId = DevHost.Processes.Services.ErpConsumer, IdempotencyKey = Key, Comment = "mended", AfterSequence = afterSequence })).Channel.Task.TaskNumber;

    /// <summary>Until the task is done; how it ended.</summary>
    public async Task<string> DoneAsync(long task)
    {
        var channels = new ChannelService.ChannelServiceClient(stand.Channel);
        var request = new GetChannelRequest { TenantId = tenant, ChannelId = DevHost.Processes.Services.ErpConsumer };
        await Eventually.Holds(async () => (await channels.GetChannelAsync(request)).Channel.Task is { Done: true } done && done.TaskNumber == task, TimeSpan.FromSeconds(90));
        return (await channels.ListChannelEventsAsync(new ListChannelEventsRequest { TenantId = tenant, ChannelId = DevHost.Processes.Services.ErpConsumer }))
            .Events.First(each => each.Action == ChannelAction.TaskDone).Comment;
    }

    public async Task PauseAsync(bool isPaused)
    {
        var channels = new ChannelService.ChannelServiceClient(stand.Channel);
        if (isPaused)
        {
            await channels.PauseChannelAsync(new PauseChannelRequest { TenantId = tenant, ChannelId = DevHost.Processes.Services.ErpConsumer, IdempotencyKey = Key, Comment = "closing the month" });
        }
        else
        {
            await channels.ResumeChannelAsync(new ResumeChannelRequest { TenantId = tenant, ChannelId = DevHost.Processes.Services.ErpConsumer, IdempotencyKey = Key, Comment = "closed" });
        }
    }
}
