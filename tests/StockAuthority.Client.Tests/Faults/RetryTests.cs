using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using StockAuthority.Inventory.V1;
using Xunit;

namespace StockAuthority.Client.Tests.Faults;

/// <summary>What the client does where answers are late, lost or postponed.</summary>
public sealed class RetryTests : IAsyncLifetime
{
    private static readonly IdempotencyKey Key = IdempotencyKey.For("order-1", "reserve");

    private ScriptedAuthority? _authority;

    private Script Script => _authority!.Script;

    public async ValueTask InitializeAsync() => _authority = await ScriptedAuthority.StartAsync();

    public async ValueTask DisposeAsync() => await _authority!.DisposeAsync();

    [Fact]
    public async Task Unavailable_is_tried_again_with_the_same_key()
    {
        Script.Fail(Error(Code.Unavailable, "DATABASE_UNAVAILABLE"));
        Script.Fail(new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "a proxy says so")));

        (await ReserveAsync()).ShouldBeOfType<ReserveOutcome.Reserved>();

        Script.Attempts.Select(each => each.Key).ShouldBe([Key.Text, Key.Text, Key.Text]);
    }

    [Fact]
    public async Task An_asked_for_delay_is_waited_for()
    {
        Script.Fail(Error(Code.ResourceExhausted, "QUEUE_FULL", TimeSpan.FromMilliseconds(400)));

        (await ReserveAsync()).ShouldBeOfType<ReserveOutcome.Reserved>();

        Script.Attempts.Count.ShouldBe(2);
        TimeProvider.System.GetElapsedTime(Script.Attempts[0].At, Script.Attempts[1].At).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(395));
    }

    [Fact]
    public async Task A_hung_attempt_is_given_up_at_its_deadline_and_tried_again()
    {
        Script.Hang();
        (await ReserveAsync(deadline: TimeSpan.FromMilliseconds(500))).ShouldBeOfType<ReserveOutcome.Reserved>();
        Script.Attempts.Select(each => each.Key).ShouldBe([Key.Text, Key.Text]);
    }

    [Fact]
    public async Task A_lost_answer_is_fetched_and_nothing_is_done_twice()
    {
        Script.LoseAnswer();

        var reserved = (await ReserveAsync()).ShouldBeOfType<ReserveOutcome.Reserved>();

        reserved.IsReplay.ShouldBeTrue();
        Script.Attempts.Count.ShouldBe(2);
        Script.Applied.ShouldHaveSingleItem().ShouldBe(new(Key.Text, 1));
    }

    [Fact]
    public async Task Attempts_stop_at_the_budget_with_an_unknown_outcome()
    {
        Script.Always = _ => throw Error(Code.Unavailable, "DATABASE_UNAVAILABLE", TimeSpan.FromMilliseconds(100));
        var start = TimeProvider.System.GetTimestamp();

        var unknown = (await ReserveAsync(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1))).ShouldBeOfType<ReserveOutcome.Unknown>().Why;

        TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(5));
        (unknown.LastCode, unknown.LastReason).ShouldBe((StatusCode.Unavailable, "DATABASE_UNAVAILABLE"));
        // The budget may end the last one before it arrives.
        unknown.Attempts.ShouldBeInRange(Script.Attempts.Count, Script.Attempts.Count + 1);
        unknown.Attempts.ShouldBeInRange(2, 11);
    }

    [Fact]
    public async Task The_last_attempt_is_cut_at_the_budget()
    {
        Script.Always = Script.HangAsync;
        var start = TimeProvider.System.GetTimestamp();

        var unknown = (await ReserveAsync(TimeSpan.FromMilliseconds(700), TimeSpan.FromSeconds(1))).ShouldBeOfType<ReserveOutcome.Unknown>().Why;

        TimeProvider.System.GetElapsedTime(start).ShouldBeInRange(TimeSpan.FromMilliseconds(950), TimeSpan.FromSeconds(5));
        unknown.LastCode.ShouldBe(StatusCode.DeadlineExceeded);
    }

    [Fact]
    public async Task A_delay_beyond_the_budget_is_not_waited_for()
    {
        Script.Always = _ => throw Error(Code.ResourceExhausted, "QUEUE_FULL", TimeSpan.FromMinutes(5));
        (await ReserveAsync()).ShouldBeOfType<ReserveOutcome.Unknown>().Why.Attempts.ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_budget_there_is_one_attempt()
    {
        Script.Always = _ => throw Error(Code.Unavailable, "DATABASE_UNAVAILABLE");
        (await ReserveAsync(budget: TimeSpan.Zero)).ShouldBeOfType<ReserveOutcome.Unknown>().Why.Attempts.ShouldBe(1);
    }

    [Theory]
    [InlineData(Code.FailedPrecondition, "INSUFFICIENT_STOCK", typeof(ReserveOutcome.InsufficientStock))]
    [InlineData(Code.FailedPrecondition, "ORDER_ALREADY_RESERVED", typeof(ReserveOutcome.OrderAlreadyReserved))]
    [InlineData(Code.AlreadyExists, "IDEMPOTENCY_KEY_REUSED", typeof(ReserveOutcome.KeyReused))]
    [InlineData(Code.OutOfRange, "A_REASON_OF_TOMORROW", typeof(ReserveOutcome.Refused))]
    [InlineData(Code.PermissionDenied, "TENANT_NOT_ALLOWED", typeof(ReserveOutcome.Refused))]
    [InlineData(Code.Internal, "COMMAND_FAILED", typeof(ReserveOutcome.Refused))]
    [InlineData(Code.Internal, "INTERNAL", typeof(ReserveOutcome.Unknown))]
    public async Task What_repeating_does_not_change_is_not_repeated(Code code, string reason, System.Type outcome)
    {
        Script.Fail(Error(code, reason));
        (await ReserveAsync()).ShouldBeOfType(outcome);
        Script.Attempts.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_token_that_expires_between_attempts_does_not_pass_for_nothing_done()
    {
        Script.LoseAnswer();
        Script.Fail(new RpcException(new Grpc.Core.Status(StatusCode.Unauthenticated, "expired")));
        (await ReserveAsync()).ShouldBeOfType<ReserveOutcome.Unknown>().Why.LastCode.ShouldBe(StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_not_told_an_outcome()
    {
        Script.Always = Script.HangAsync;
        using var patience = new CancellationTokenSource();
        var reserving = ReserveAsync(cancellationToken: patience.Token);
        await Testing.Eventually.Holds(() => Script.Attempts.Count == 1);

        await patience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => reserving);
        Script.Attempts.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_read_is_repeated_too()
    {
        Script.Fail(Error(Code.Unavailable, "DATABASE_UNAVAILABLE"));
        await using var services = Services(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(60));
        (await services.GetRequiredService<StockAuthorityClient>().GetAvailabilityAsync([new AvailabilityKey { Sku = "mug", LocationId = "berlin" }]))
            .ShouldBeOfType<AvailabilityOutcome.Found>();
        Script.Attempts.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_authority_that_nobody_runs_is_an_unknown_outcome()
    {
        var options = new StockAuthorityClientOptions
        {
            Address = new Uri("http://127.0.0.1:1"),
            Deadline = TimeSpan.FromMilliseconds(500),
            RetryBudget = TimeSpan.FromSeconds(1),
        };
        using var channel = StockAuthorityChannel.Create(options);
        (await new StockAuthorityClient(channel, options).ReserveAsync(Key, new ReserveRequest())).ShouldBeOfType<ReserveOutcome.Unknown>()
            .Why.LastCode.ShouldBe(StatusCode.Unavailable);
    }

    [Fact]
    public void What_cannot_work_is_refused_when_it_is_configured()
    {
        Should.Throw<ArgumentException>(() => new ServiceCollection().AddStockAuthority(_ => { }));
        Should.Throw<ArgumentException>(() => new ServiceCollection().AddStockAuthority(options => (options.Address, options.Token, options.TokenFile) = (_authority!.Address, "a", "b")));
        Should.Throw<ArgumentException>(() => new ServiceCollection().AddStockAuthority(options => (options.Address, options.Deadline) = (_authority!.Address, TimeSpan.Zero)));
        Should.Throw<ArgumentException>(() => new ServiceCollection().AddStockAuthority(options => (options.Address, options.RetryBudget) = (_authority!.Address, TimeSpan.FromSeconds(1))));
    }

    private async Task<ReserveOutcome> ReserveAsync(TimeSpan? deadline = null, TimeSpan? budget = null, CancellationToken cancellationToken = default)
    {
        await using var services = Services(deadline ?? TimeSpan.FromSeconds(20), budget ?? TimeSpan.FromSeconds(60));
        return await services.GetRequiredService<StockAuthorityClient>().ReserveAsync(
            Key,
            new ReserveRequest { OrderRef = "order-1", Lines = { new StockLine { Sku = "mug", LocationId = "berlin", Quantity = 1 } } },
            cancellationToken);
    }

    private ServiceProvider Services(TimeSpan deadline, TimeSpan budget) => new ServiceCollection().AddStockAuthority(options =>
    {
        options.Address = _authority!.Address;
        options.Tenant = "acme";
        options.Deadline = deadline;
        options.RetryBudget = budget;
    }).BuildServiceProvider();

    private static RpcException Error(Code code, string reason, TimeSpan? retryDelay = null)
    {
        var status = new Google.Rpc.Status
        {
            Code = (int)code,
            Message = reason,
            Details = { Any.Pack(new ErrorInfo { Domain = "stockauthority", Reason = reason }) },
        };
        if (retryDelay is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = delay.ToDuration() }));
        }

        return status.ToRpcException();
    }
}
