using System.Globalization;
using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Client.Tests.Faults;

/// <summary>What the client does where a stream breaks, falls silent or postpones.</summary>
public sealed class ExecuteFaultTests : IAsyncLifetime
{
    private const int MaximumUnanswered = 2_000;

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(800);

    private ScriptedAuthority? _authority;
    private int _taken;

    private Script Script => _authority!.Script;

    public async ValueTask InitializeAsync() => _authority = await ScriptedAuthority.StartAsync();

    public async ValueTask DisposeAsync() => await _authority!.DisposeAsync();

    [Fact]
    public async Task Lost_answers_are_fetched_with_the_same_keys_and_in_the_same_order()
    {
        // What the first message says is done, and the connection breaks before the answer.
        Script.Messages.Enqueue((message, context) =>
        {
            Script.Apply(message);
            context.GetHttpContext().Abort();
            return Task.FromResult<ExecuteResponse?>(null);
        });

        var outcomes = await RunAsync(Commands(20));

        outcomes.Cast<CommandOutcome.Done>().Select(outcome => outcome.Key.Text).ShouldBe(Keys(20));
        outcomes.Cast<CommandOutcome.Done>().Count(outcome => outcome.IsReplay).ShouldBe(Script.Attempts.Count - 20);
        Script.Attempts.Skip(Script.Attempts.Count - 20).Select(attempt => attempt.Key).ShouldBe(Keys(20));
        Script.Attempts.Count.ShouldBeGreaterThan(20);
        Script.Applied.Count.ShouldBe(20);
    }

    [Fact]
    public async Task A_stream_that_the_authority_ends_is_opened_again()
    {
        Script.Messages.Enqueue((_, _) => throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "shutting down")));
        Script.Messages.Enqueue((_, _) => throw new RpcException(new Grpc.Core.Status(StatusCode.Cancelled, "a proxy gave up")));
        (await RunAsync(Commands(5))).ShouldAllBe(outcome => outcome is CommandOutcome.Done);
    }

    [Fact]
    public async Task A_command_that_is_to_wait_is_sent_again_on_the_same_stream_and_holds_up_no_other()
    {
        Script.Messages.Enqueue((message, _) =>
        {
            var response = Script.Apply(message);
            Script.Applied.TryRemove(Key(0), out int _);
            response.Outcomes[0] = Postponed(Key(0), TimeSpan.FromMilliseconds(300));
            return Task.FromResult<ExecuteResponse?>(response);
        });

        var outcomes = await RunAsync(Commands(10));

        outcomes.ShouldAllBe(outcome => outcome is CommandOutcome.Done);
        outcomes[^1].Key.Text.ShouldBe(Key(0));
        var attempts = Script.Attempts.Where(attempt => attempt.Key == Key(0)).ToArray();
        attempts.Length.ShouldBe(2);
        TimeProvider.System.GetElapsedTime(attempts[0].At, attempts[1].At).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(295));
        Script.Attempts.Count.ShouldBe(11);
    }

    [Fact]
    public async Task A_silent_stream_ends_in_unknown_outcomes()
    {
        Script.EveryMessage = (_, _) => Task.FromResult<ExecuteResponse?>(null);
        var outcomes = await RunAsync(Commands(10), Short);
        outcomes.Cast<CommandOutcome.Unknown>().Select(outcome => outcome.Key.Text).ShouldBe(Keys(10));
        outcomes.Cast<CommandOutcome.Unknown>().ShouldAllBe(outcome => outcome.Why.LastCode == StatusCode.DeadlineExceeded);
    }

    [Fact]
    public async Task Commands_that_are_postponed_for_ever_end_together()
    {
        Script.EveryMessage = (message, _) => Task.FromResult<ExecuteResponse?>(
            new ExecuteResponse { Outcomes = { message.Commands.Select(command => Postponed(command.Adjust.IdempotencyKey, TimeSpan.FromMilliseconds(50))) } });
        var start = TimeProvider.System.GetTimestamp();

        var outcomes = await RunAsync(Commands(200), Short);

        outcomes.Count.ShouldBe(200);
        outcomes.ShouldAllBe(outcome => outcome is CommandOutcome.Unknown);
        TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_stream_that_is_refused_takes_no_more_and_leaves_what_was_sent_unknown()
    {
        Script.EveryMessage = (_, _) => throw new RpcException(new Grpc.Core.Status(StatusCode.Unauthenticated, "expired"));
        var outcomes = await RunAsync(Commands(100_000));
        outcomes.Count.ShouldBe(_taken);
        _taken.ShouldBeInRange(1, MaximumUnanswered);
        outcomes.ShouldAllBe(outcome => ((CommandOutcome.Unknown)outcome).Why.LastCode == StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task No_more_is_taken_than_outcomes_are_read()
    {
        await using var services = Services(TimeSpan.FromMinutes(1));
        await using var outcomes = services.GetRequiredService<StockAuthorityClient>().ExecuteAsync(Commands(100_000)).GetAsyncEnumerator();
        (await outcomes.MoveNextAsync()).ShouldBeTrue();
        await Eventually.Holds(() => Script.Applied.Count == MaximumUnanswered + 1);

        for (var read = 0; read < 100; read++)
        {
            await outcomes.MoveNextAsync();
        }

        await Eventually.Holds(() => Script.Applied.Count == MaximumUnanswered + 101);
        _taken.ShouldBe(MaximumUnanswered + 101);
    }

    [Fact]
    public async Task What_the_commands_throw_comes_after_the_outcomes_of_those_before()
    {
        List<CommandOutcome> outcomes = [];
        (await Should.ThrowAsync<FormatException>(() => RunAsync(Failing(), into: outcomes))).Message.ShouldBe("line 8");
        outcomes.Count.ShouldBe(7);

        async IAsyncEnumerable<ExecuteCommand> Failing()
        {
            await foreach (var command in Commands(7))
            {
                yield return command;
            }

            throw new FormatException("line 8");
        }
    }

    [Fact]
    public async Task A_command_without_a_key_or_with_one_that_is_unanswered_is_a_mistake_of_the_caller()
    {
        await Should.ThrowAsync<ArgumentException>(() => RunAsync(new[] { new ExecuteCommand() }.ToAsyncEnumerable()));
        Script.EveryMessage = (_, _) => Task.FromResult<ExecuteResponse?>(null);
        await Should.ThrowAsync<ArgumentException>(() => RunAsync(new[] { Command(1), Command(1) }.ToAsyncEnumerable(), Short));
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_let_go()
    {
        Script.EveryMessage = (_, _) => Task.FromResult<ExecuteResponse?>(null);
        using var patience = new CancellationTokenSource();
        var running = RunAsync(Commands(5), cancellationToken: patience.Token);
        await Eventually.Holds(() => Script.Attempts.Count == 5);
        await patience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => running);
    }

    private async Task<List<CommandOutcome>> RunAsync(
        IAsyncEnumerable<ExecuteCommand> commands, TimeSpan? patience = null, List<CommandOutcome>? into = null, CancellationToken cancellationToken = default)
    {
        await using var services = Services(patience ?? TimeSpan.FromMinutes(1));
        into ??= [];
        await foreach (var outcome in services.GetRequiredService<StockAuthorityClient>().ExecuteAsync(commands, cancellationToken: cancellationToken))
        {
            into.Add(outcome);
        }

        return into;
    }

    private ServiceProvider Services(TimeSpan patience) => new ServiceCollection().AddStockAuthority(options =>
        (options.Address, options.Tenant, options.Deadline, options.RetryBudget) = (_authority!.Address, "acme", patience, patience)).BuildServiceProvider();

    private async IAsyncEnumerable<ExecuteCommand> Commands(int count, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var number = 0; number < count; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _taken++;
            yield return Command(number);
        }

        await Task.CompletedTask;
    }

    private static ExecuteCommand Command(int number) => new() { Adjust = new AdjustRequest { IdempotencyKey = Key(number) } };

    private static string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"key-{number}");

    private static IEnumerable<string> Keys(int count) => Enumerable.Range(0, count).Select(Key);

    private static ExecuteOutcome Postponed(string key, TimeSpan delay) => new()
    {
        IdempotencyKey = key,
        Error = new Google.Rpc.Status
        {
            Code = (int)Code.ResourceExhausted,
            Message = "QUEUE_FULL",
            Details =
            {
                Any.Pack(new ErrorInfo { Domain = "stockauthority", Reason = "QUEUE_FULL" }),
                Any.Pack(new RetryInfo { RetryDelay = delay.ToDuration() }),
            },
        },
    };
}
