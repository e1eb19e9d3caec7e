using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Tests.ChangeFeed;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>What a tenant can find out about another by guessing its names: nothing.</summary>
public sealed class TenantSecrecyTests(TenantSecrecyTests.UnsweptLedger ledger) : IClassFixture<TenantSecrecyTests.UnsweptLedger>
{
    /// <summary>More than the rivals' own journals will have: a number that they have themselves would not be a guess.</summary>
    private const int Movements = 300;

    /// <summary>What the names of the tenant that has them begin with.</summary>
    private const string Real = "theirs";

    private static readonly TypeRegistry Types = TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor, StockReflection.Descriptor);

    /// <summary>All but Execute, whose commands are these calls again: first those that only read, then all, then those that read once more.</summary>
    private static IReadOnlyList<MethodDescriptor> Order { get; } =
    [
        .. ServiceCalls.All.Where(IsRead), .. ServiceCalls.All.Where(call => !IsRead(call) && !call.IsClientStreaming), .. ServiceCalls.All.Where(IsRead),
    ];

    /// <summary>
    /// Two new tenants make the same calls in the same order. One of them names what a third tenant really has: its keys,
    /// orders, payments, reservations, transfers, consumers and feed positions. The other names what nobody has. They must
    /// not be able to tell which of them they are.
    /// </summary>
    [Fact]
    public async Task Guessed_names_of_another_tenant_are_answered_like_names_that_nobody_has()
    {
        var reserved = await FillAsync();
        var real = new GuessedRequests(Real, reserved);
        var invented = new GuessedRequests("nobody", reserved + 1_000_000_007);

        // The tenant that has them does each of these calls itself, so that every name is in use; and again, so that it is found.
        IReadOnlyList<(string Call, string Answer)>[] owners = [await SweepAsync(real, Tenant), await SweepAsync(real, Tenant)];
        var guesser = await SweepAsync(real, await NewTenantAsync("tenant-that-guesses"));
        var inventor = await SweepAsync(invented, await NewTenantAsync("tenant-that-invents"));

        guesser.Count.ShouldBe(Order.Count);
        foreach (var (theirs, nobodys) in guesser.Zip(inventor))
        {
            theirs.Answer.ShouldBe(nobodys.Answer, theirs.Call);
        }

        // The names did mean something: asked for the first time, they told their owner more than the guesser.
        foreach (var call in (string[])["GetReservation", "GetTransfer", "GetCheckpoint", "ReadChanges", "Commit", "ListReservations", "ListPaymentEvents", "ListMovements"])
        {
            owners.Select(sweep => First(sweep, call)).ShouldContain(answer => answer != First(guesser, call), call);
        }
    }

    [Fact]
    public async Task A_token_is_refused_in_the_same_words_for_a_tenant_that_exists_and_for_one_that_does_not()
    {
        using var channel = GrpcChannel.ForAddress(ledger.Server.Grpc);
        var token = await TestTokens.ForTenantAsync("rival");
        foreach (var call in ServiceCalls.All.Where(call => !call.IsClientStreaming))
        {
            var (existing, _) = await ServiceCalls.CallAsync(channel, call, ServiceCalls.Empty(call, Tenant), token);
            var (absent, _) = await ServiceCalls.CallAsync(channel, call, ServiceCalls.Empty(call, "does-not-exist"), token);
            existing!.StatusCode.ShouldBe(StatusCode.PermissionDenied, call.FullName);
            GuessedRequests.Text(existing, null, Types).ShouldBe(GuessedRequests.Text(absent, null, Types), call.FullName);
        }
    }

    [Fact]
    public async Task Every_row_of_a_tenants_feed_is_its_own_while_others_change_the_same_sku()
    {
        const int Changes = 50;
        var (mine, theirs) = (await NewTenantAsync("feed-mine"), await NewTenantAsync("feed-theirs"));
        using var myChannel = await ledger.Server.ChannelAsync(mine);
        using var theirChannel = await ledger.Server.ChannelAsync(theirs);
        await using var subscriber = new Subscriber(myChannel, mine);

        await Task.WhenAll(Enumerable.Range(0, Changes).SelectMany(_ => new[] { ReceiveAsync(myChannel, mine, 1), ReceiveAsync(theirChannel, theirs, 1_000) }));

        await Eventually.Holds(() => subscriber.Sequences.Count >= Changes);
        subscriber.Sequences.ShouldBe(Enumerable.Range(1, Changes).Select(sequence => (long)sequence));
        subscriber.Messages.SelectMany(message => message.Movements).ShouldAllBe(movement => movement.Quantity == 1);
        subscriber.Messages.SelectMany(message => message.Levels).ShouldAllBe(level => level.Available <= Changes);
        var page = await new ChangeFeedService.ChangeFeedServiceClient(myChannel).ReadChangesAsync(new ReadChangesRequest { TenantId = mine });
        page.Movements.ShouldAllBe(movement => movement.Quantity == 1);
        (page.Movements.Count, page.HeadSequence).ShouldBe((Changes, Changes));
    }

    private static bool IsRead(MethodDescriptor call) =>
        !call.IsClientStreaming && (call.Name.StartsWith("Get", StringComparison.Ordinal) || call.Name.StartsWith("List", StringComparison.Ordinal) ||
        call.Name.StartsWith("Read", StringComparison.Ordinal) || call.Name.StartsWith("Watch", StringComparison.Ordinal));

    private static string First(IEnumerable<(string Call, string Answer)> sweep, string call) => sweep.First(each => each.Call == call).Answer;

    private static Task<AdjustResponse> ReceiveAsync(GrpcChannel channel, string tenant, long units) =>
        new InventoryService.InventoryServiceClient(channel).AdjustAsync(new AdjustRequest
        {
            TenantId = tenant,
            IdempotencyKey = New("receipt"),
            DocumentRef = "delivery",
            Reason = AdjustmentReason.Receipt,
            Lines = { Line("shared-sku", units) },
        }).ResponseAsync;

    /// <summary>A journal with a reservation at its end.</summary>
    private async Task<long> FillAsync()
    {
        var catalogue = new CatalogueService.CatalogueServiceClient(ledger.Channel);
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = "hamburg" });
        for (var filled = 0; filled < Movements; filled += 100)
        {
            await ledger.Inventory.AdjustAsync(new AdjustRequest
            {
                TenantId = Tenant,
                IdempotencyKey = New("fill"),
                DocumentRef = "fill",
                Reason = AdjustmentReason.Receipt,
                Lines = { Line($"{Real}-sku", 100), Enumerable.Range(1, 99).Select(line => Line($"fill-{line}", 1)) },
            });
        }

        var request = Reserve($"{Real}-sku", 5, order: $"{Real}-order_ref");
        request.PaymentObjectId = $"{Real}-payment_object_id";
        return (await ledger.Inventory.ReserveAsync(request)).Sequence;
    }

    private async Task<string> NewTenantAsync(string tenant)
    {
        var catalogue = new CatalogueService.CatalogueServiceClient(ledger.Channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant });
        foreach (var location in (string[])[GuessedRequests.Location, "hamburg"])
        {
            await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = location });
        }

        return tenant;
    }

    private async Task<IReadOnlyList<(string Call, string Answer)>> SweepAsync(GuessedRequests guesses, string tenant)
    {
        using var channel = GrpcChannel.ForAddress(ledger.Server.Grpc);
        var token = await TestTokens.ForTenantAsync(tenant);
        List<(string Call, string Answer)> answers = [];
        foreach (var call in Order)
        {
            var (error, answer) = await ServiceCalls.CallAsync(channel, call, guesses.Of(call, tenant), token);
            answers.Add((call.Name, guesses.Blotted(GuessedRequests.Text(error, answer, Types), tenant)));
        }

        return answers;
    }

    /// <summary>A sweep between two calls of one tenant, and not of the other, would give units to an order that lacked them: that is no difference of names.</summary>
    public sealed class UnsweptLedger(TestPostgres databases) : Ledger(databases)
    {
        protected override IReadOnlyDictionary<string, string> Settings { get; } =
            new Dictionary<string, string>(StringComparer.Ordinal) { ["Exceptions__SweepInterval"] = "01:00:00" };
    }
}
