using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>Many commands over one stream, each with an outcome of its own.</summary>
public sealed class ExecuteTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task Each_command_gets_its_own_outcome_and_they_are_decided_in_their_order()
    {
        var sku = New("sku");
        var opening = new ExecuteCommand
        {
            Adjust = new AdjustRequest { IdempotencyKey = New("key"), DocumentRef = "opening", Reason = AdjustmentReason.OpeningBalance, Lines = { Line(sku, 3) } },
        };
        ExecuteCommand[] commands = [opening, ReserveCommand(sku, 2), ReserveCommand(sku, 2), ReserveCommand(sku, 0), new ExecuteCommand(), ReserveCommand(sku, 1)];

        var outcomes = await ExecuteAsync(ledger.Inventory, new ExecuteRequest { TenantId = Tenant, Commands = { commands } });

        var byKey = outcomes.ToDictionary(each => each.IdempotencyKey);
        byKey[Key(commands[0])].Adjust.Levels[0].Available.ShouldBe(3);
        byKey[Key(commands[1])].Reserve.Reservation.State.ShouldBe(ReservationState.Active);
        Reason(byKey[Key(commands[2])]).ShouldBe("INSUFFICIENT_STOCK");
        Reason(byKey[Key(commands[3])]).ShouldBe("MISSING_FIELD");
        Reason(byKey[""]).ShouldBe("MISSING_FIELD");
        byKey[Key(commands[5])].Reserve.Levels[0].Available.ShouldBe(0);
        outcomes.Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_whole_life_over_the_stream_in_brief()
    {
        var sku = await ledger.OpenAsync(5);
        var reserved = (await ExecuteAsync(ledger.Inventory, Brief(ReserveCommand(sku, 4)))).Single();
        var id = reserved.Brief.ReservationId;
        reserved.Brief.Sequence.ShouldBeGreaterThan(0);
        var outcomes = await ExecuteAsync(
            ledger.Inventory,
            Brief(
                new ExecuteCommand { Commit = new CommitRequest { IdempotencyKey = New("key"), ReservationId = id, Lines = { Line(sku, 3) } } },
                new ExecuteCommand { Fulfill = new FulfillRequest { IdempotencyKey = New("key"), ReservationId = id, Lines = { Line(sku, 2) } } },
                new ExecuteCommand { Release = new ReleaseRequest { IdempotencyKey = New("key"), ReservationId = id, Lines = { Line(sku, 2) } } }));

        outcomes.ShouldAllBe(outcome => outcome.Brief.ReservationId == id);
        var level = await ledger.LevelAsync(sku);
        (level.Available, level.Reserved, level.Committed, level.OnHand).ShouldBe((3, 0, 0, 3));
    }

    [Fact]
    public async Task A_key_means_the_same_over_the_stream_and_by_its_own_call()
    {
        var sku = await ledger.OpenAsync(10);
        var request = Reserve(sku, 2);
        var answer = await ledger.Inventory.ReserveAsync(request);
        var withoutTenant = request.Clone();
        withoutTenant.TenantId = "";
        var other = request.Clone();
        other.Lines[0].Quantity = 3;

        var again = (await ExecuteAsync(ledger.Inventory, new ExecuteRequest { TenantId = Tenant, Commands = { new ExecuteCommand { Reserve = withoutTenant } } })).Single();
        var reused = (await ExecuteAsync(ledger.Inventory, new ExecuteRequest { Commands = { new ExecuteCommand { Reserve = other } } })).Single();

        (again.Replayed, again.Reserve).ShouldBe((true, answer));
        Reason(reused).ShouldBe("IDEMPOTENCY_KEY_REUSED");
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(2);
    }

    [Fact]
    public async Task A_broken_stream_is_resumed_by_sending_the_unanswered_again()
    {
        const int Count = 2_000;
        var sku = await ledger.OpenAsync(10 * Count);
        var commands = Enumerable.Range(0, Count).Select(_ => ReserveCommand(sku, 1)).ToDictionary(Key);
        HashSet<string> answered = [];
        using (var call = ledger.Inventory.Execute())
        {
            foreach (var message in commands.Values.Chunk(100))
            {
                await call.RequestStream.WriteAsync(Brief(message));
            }

            while (answered.Count < Count / 4 && await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                answered.UnionWith(call.ResponseStream.Current.Outcomes.Select(outcome => outcome.IdempotencyKey));
            }
        }

        List<ExecuteOutcome> rest = [];
        foreach (var message in commands.Where(each => !answered.Contains(each.Key)).Select(each => each.Value).Chunk(500))
        {
            rest.AddRange(await ExecuteAsync(ledger.Inventory, Brief(message)));
        }

        rest.ShouldAllBe(outcome => outcome.ResultCase == ExecuteOutcome.ResultOneofCase.Brief);
        answered.Concat(rest.Select(outcome => outcome.IdempotencyKey)).ShouldBe(commands.Keys, ignoreOrder: true);
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(Count);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_not_read_either_and_gets_everything_once_it_does()
    {
        const int Count = 20_000;
        var sku = await ledger.OpenAsync(Count);
        using var call = ledger.Inventory.Execute();
        var writing = Task.Run(async () =>
        {
            foreach (var message in Enumerable.Range(0, Count).Chunk(500))
            {
                await call.RequestStream.WriteAsync(new ExecuteRequest { TenantId = Tenant, Commands = { message.Select(_ => ReserveCommand(sku, 1)) } });
            }

            await call.RequestStream.CompleteAsync();
        });

        // Answers in full fill the connection's window; from then on nothing more is taken.
        var (before, still) = (0L, 0);
        await Eventually.Holds(async () =>
        {
            var now = (await ledger.LevelAsync(sku)).Reserved;
            still = now > 0 && now == before ? still + 1 : 0;
            before = now;
            return still >= 20;
        });
        before.ShouldBeLessThan(Count);

        var outcomes = await ReadAsync(call);
        await writing;
        outcomes.Select(outcome => outcome.IdempotencyKey).Distinct().Count().ShouldBe(Count);
        outcomes.ShouldAllBe(outcome => outcome.ResultCase == ExecuteOutcome.ResultOneofCase.Reserve);
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(501)]
    public async Task A_message_with_too_few_or_too_many_commands_ends_the_stream(int count)
    {
        var request = new ExecuteRequest { TenantId = Tenant, Commands = { Enumerable.Range(0, count).Select(_ => ReserveCommand("sku", 1)) } };
        var error = await Should.ThrowAsync<RpcException>(() => ExecuteAsync(ledger.Inventory, request));
        (error.StatusCode, error.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Metadata["fields"]).ShouldBe((StatusCode.InvalidArgument, "commands"));
    }

    [Fact]
    public async Task Each_command_needs_its_tenant_and_its_scope()
    {
        var sku = await ledger.OpenAsync(10);
        var token = (await TestTokens.IssuerAsync()).Token("till", Tenant, scopes: "stock.adjust");
        using var channel = Client.StockAuthorityChannel.Create(new Client.StockAuthorityClientOptions { Address = ledger.Server.Grpc, Token = token });
        var sale = new ExecuteCommand { Adjust = new AdjustRequest { IdempotencyKey = New("key"), DocumentRef = "till-1", Reason = AdjustmentReason.Sale, Lines = { Line(sku, -1) } } };
        var foreign = sale.Clone();
        (foreign.Adjust.TenantId, foreign.Adjust.IdempotencyKey) = ("other", New("key"));
        var reserve = ReserveCommand(sku, 1);

        var outcomes = (await ExecuteAsync(new InventoryService.InventoryServiceClient(channel), new ExecuteRequest { TenantId = Tenant, Commands = { sale, foreign, reserve } }))
            .ToDictionary(outcome => outcome.IdempotencyKey);

        outcomes[Key(sale)].ResultCase.ShouldBe(ExecuteOutcome.ResultOneofCase.Adjust);
        Reason(outcomes[Key(foreign)]).ShouldBe("TENANT_NOT_ALLOWED");
        Reason(outcomes[Key(reserve)]).ShouldBe("SCOPE_MISSING");
        (await ledger.LevelAsync(sku)).Available.ShouldBe(9);
    }

    private static ExecuteCommand ReserveCommand(string sku, long quantity)
    {
        var request = Reserve(sku, quantity);
        request.TenantId = "";
        return new ExecuteCommand { Reserve = request };
    }

    private static ExecuteRequest Brief(params IEnumerable<ExecuteCommand> commands) =>
        new() { TenantId = Tenant, Detail = OutcomeDetail.Brief, Commands = { commands } };

    private static string Key(ExecuteCommand command) => command.Reserve?.IdempotencyKey ?? command.Adjust?.IdempotencyKey ?? "";

    private static string Reason(ExecuteOutcome outcome) => outcome.Error.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;

    private static async Task<List<ExecuteOutcome>> ExecuteAsync(InventoryService.InventoryServiceClient inventory, ExecuteRequest request)
    {
        using var call = inventory.Execute();
        await call.RequestStream.WriteAsync(request);
        await call.RequestStream.CompleteAsync();
        return await ReadAsync(call);
    }

    private static async Task<List<ExecuteOutcome>> ReadAsync(AsyncDuplexStreamingCall<ExecuteRequest, ExecuteResponse> call)
    {
        List<ExecuteOutcome> outcomes = [];
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            outcomes.AddRange(call.ResponseStream.Current.Outcomes);
        }

        return outcomes;
    }
}
