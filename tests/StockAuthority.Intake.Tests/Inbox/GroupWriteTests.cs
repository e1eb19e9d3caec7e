using Npgsql;
using Shouldly;
using StockAuthority.Intake.Inbox;

namespace StockAuthority.Intake.Tests.Inbox;

public sealed class GroupWriteTests
{
    /// <summary>As many as are written at the same time: what comes after them waits.</summary>
    private const int Writers = 2;

    private readonly TaskCompletionSource _disk = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IReadOnlyList<int>> _groups = [];
    private Action<IReadOnlyList<int>> _failure = static _ => { };

    [Fact]
    public async Task What_comes_while_others_are_written_is_written_together_and_once()
    {
        await using var writes = new GroupWrite<int>(WriteAsync, static _ => 1);
        var all = await FillAsync(writes, 20, static _ => { });
        _disk.SetResult();
        await Task.WhenAll(all);

        _groups.SelectMany(static group => group).Order().ShouldBe(Enumerable.Range(0, 20));
        _groups.Count.ShouldBeLessThanOrEqualTo(2 * Writers);
    }

    [Fact]
    public async Task One_that_the_database_refuses_fails_alone()
    {
        await using var writes = new GroupWrite<int>(WriteAsync, static _ => 1);
        var all = await FillAsync(writes, 20, static group => Refuse(group.Contains(13)));
        _disk.SetResult();
        await Should.ThrowAsync<PostgresException>(all[13]);
        await Task.WhenAll(all.Where((_, number) => number != 13));

        _groups.Where(static group => !group.Contains(13)).SelectMany(static group => group).Order().ShouldBe(Enumerable.Range(0, 20).Where(static number => number != 13));
    }

    [Fact]
    public async Task A_group_is_no_larger_than_its_bytes_allow()
    {
        await using var writes = new GroupWrite<int>(WriteAsync, static _ => 3 * 1024 * 1024);
        var all = await FillAsync(writes, 10, static _ => { });
        _disk.SetResult();
        await Task.WhenAll(all);

        _groups.ShouldAllBe(static group => group.Count <= 2);
    }

    [Fact]
    public async Task Disposing_waits_for_what_was_taken()
    {
        var writes = new GroupWrite<int>(WriteAsync, static _ => 1);
        var all = await FillAsync(writes, 5, static _ => { });
        var disposing = writes.DisposeAsync().AsTask();
        disposing.IsCompleted.ShouldBeFalse();
        _disk.SetResult();
        await disposing;

        all.ShouldAllBe(static written => written.IsCompletedSuccessfully);
        await Should.ThrowAsync<ObjectDisposedException>(writes.WriteAsync(5, CancellationToken.None));
    }

    /// <summary>The first ones are on their way to the disk before the others come.</summary>
    private async Task<Task[]> FillAsync(GroupWrite<int> writes, int count, Action<IReadOnlyList<int>> failure)
    {
        _failure = failure;
        var first = Enumerable.Range(0, Writers).Select(number => writes.WriteAsync(number, CancellationToken.None)).ToArray();
        await Eventually.GetAsync(() => Task.FromResult(Seen()), static seen => seen == Writers);
        return [.. first, .. Enumerable.Range(Writers, count - Writers).Select(number => writes.WriteAsync(number, CancellationToken.None))];
    }

    private int Seen()
    {
        lock (_groups)
        {
            return _groups.Sum(static group => group.Count);
        }
    }

    private async Task WriteAsync(IReadOnlyList<int> group, CancellationToken cancellationToken)
    {
        lock (_groups)
        {
            _groups.Add(group);
        }

        await _disk.Task;
        _failure(group);
    }

    private static void Refuse(bool isRefused)
    {
        if (isRefused)
        {
            throw new PostgresException("violates a check", "ERROR", "ERROR", PostgresErrorCodes.CheckViolation);
        }
    }
}
