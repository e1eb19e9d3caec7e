using System.Globalization;
using Shouldly;
using StockAuthority.Connectors.Broker.Events;
using StockAuthority.Connectors.Broker.RabbitMq;
using StockAuthority.Connectors.Runtime.Forwarding;
using Xunit;

namespace StockAuthority.Connectors.Broker.Tests.RabbitMq;

public sealed class PendingConfirmsTests
{
    private const ulong FirstTag = 7;

    [Fact]
    public void What_comes_after_the_first_that_was_refused_is_not_settled()
    {
        var pending = Pending(4);
        pending.Answered(FirstTag + 1, andAllBefore: false, isConfirmed: false);
        pending.Answered(FirstTag + 3, andAllBefore: true, isConfirmed: true);
        pending.Ended.IsCompleted.ShouldBeTrue();
        var result = pending.Result(acceptUnroutable: false);
        (result.Settled, result.Trouble!.Code).ShouldBe((1, "NACK"));
    }

    [Fact]
    public void It_has_ended_once_all_are_answered_for_in_whatever_order()
    {
        var pending = Pending(4);
        pending.Answered(FirstTag + 2, andAllBefore: false, isConfirmed: true);
        pending.Answered(FirstTag + 1, andAllBefore: true, isConfirmed: true);
        pending.Answered(FirstTag + 1, andAllBefore: false, isConfirmed: true);
        pending.Ended.IsCompleted.ShouldBeFalse();
        pending.Answered(FirstTag + 4, andAllBefore: true, isConfirmed: true);
        pending.Ended.IsCompleted.ShouldBeFalse();
        pending.Answered(FirstTag + 3, andAllBefore: true, isConfirmed: true);
        pending.Ended.IsCompleted.ShouldBeTrue();
        var result = pending.Result(acceptUnroutable: false);
        (result.Settled, result.Trouble, result.Refused.Count).ShouldBe((4, null, 0));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    public void What_came_back_is_settled_only_where_it_may_be_nobodys(bool acceptUnroutable, int settled)
    {
        var pending = Pending(3);
        pending.Returned("t/2");
        pending.Answered(FirstTag + 2, andAllBefore: true, isConfirmed: true);
        var result = pending.Result(acceptUnroutable);
        (result.Settled, result.Trouble?.Code).ShouldBe((settled, acceptUnroutable ? null : "UNROUTABLE"));
    }

    [Fact]
    public void What_is_too_large_is_not_sent_and_keeps_its_place()
    {
        var pending = new PendingConfirms([Change(1, 10), Change(2, 100), Change(3, 10)], FirstTag, 50);
        pending.Messages.Select(message => message.Sequence).ShouldBe([1, 3]);
        pending.Answered(FirstTag + 1, andAllBefore: true, isConfirmed: true);
        var result = pending.Result(acceptUnroutable: false);
        (result.Settled, result.Trouble, result.Refused.Single().Key, result.Refused[1].Code).ShouldBe((3, null, 1, "TOO_LARGE"));
    }

    [Fact]
    public void What_was_not_sent_any_more_is_not_waited_for()
    {
        var pending = Pending(3);
        pending.Answered(FirstTag, andAllBefore: false, isConfirmed: true);
        pending.Cut(1);
        pending.Ended.IsCompleted.ShouldBeTrue();
        var result = pending.Result(acceptUnroutable: false);
        (result.Settled, result.Trouble!.Code).ShouldBe((1, "UNCONFIRMED"));
    }

    [Fact]
    public void The_end_of_the_connection_says_nothing_about_what_was_confirmed_before()
    {
        var pending = Pending(3);
        pending.Answered(FirstTag, andAllBefore: false, isConfirmed: true);
        pending.End(new ForwardTrouble("DISCONNECTED", "320"));
        pending.Ended.IsCompleted.ShouldBeTrue();
        var result = pending.Result(acceptUnroutable: false);
        (result.Settled, result.Trouble!.Code).ShouldBe((1, "DISCONNECTED"));
    }

    private static PendingConfirms Pending(int count) => new([.. Enumerable.Range(1, count).Select(sequence => Change(sequence, 10))], FirstTag, int.MaxValue);

    private static StockChange Change(int sequence, int bytes) =>
        new(sequence, string.Create(CultureInfo.InvariantCulture, $"t/{sequence}"), "k", "r", DateTimeOffset.UnixEpoch, new byte[bytes]);
}
