using Shouldly;
using StockAuthority.Core.Channels;
using Xunit;

namespace StockAuthority.Core.Tests.Channels;

public sealed class RolloutTests
{
    private static readonly ChannelObjective Objective = new(TimeSpan.FromHours(1), LateRatio: 0.05, ErrorRatio: 0.1);
    private static readonly ChannelWindow Clean = new(TimeSpan.FromHours(1), Pushes: 100, Errors: 10, Visible: 100, Late: 5, Compared: 50, Drift: 0, BreakerOpen: false);

    [Theory]
    [InlineData("off", "shadow", true, false)]
    [InlineData("off", "25", true, false)]
    [InlineData("off", "50", false, false)]
    [InlineData("off", "berlin", true, false)]
    [InlineData("shadow", "25", true, false)]
    [InlineData("shadow", "100", false, false)]
    [InlineData("shadow", "off", false, true)]
    [InlineData("25", "50", true, false)]
    [InlineData("25", "100", false, false)]
    [InlineData("25", "25", false, false)]
    [InlineData("25", "berlin", false, false)]
    [InlineData("50", "100", true, false)]
    [InlineData("100", "25", false, true)]
    [InlineData("100", "shadow", false, true)]
    [InlineData("100", "berlin", false, true)]
    [InlineData("berlin", "berlin,hamburg", true, false)]
    [InlineData("berlin", "hamburg", false, false)]
    [InlineData("berlin,hamburg", "berlin", false, true)]
    [InlineData("berlin", "100", true, false)]
    [InlineData("berlin", "25", false, false)]
    public void A_rollout_goes_on_one_step_at_a_time_and_back_at_will(string from, string to, bool next, bool back)
    {
        Read(to).IsNextAfter(Read(from)).ShouldBe(next);
        Read(to).IsBackFrom(Read(from)).ShouldBe(back);
    }

    [Fact]
    public void A_window_at_its_limits_is_clean_and_one_beyond_any_of_them_is_not()
    {
        Against(Clean).ShouldBeEmpty();
        Against(Clean with { Covered = TimeSpan.FromMinutes(53) }).ShouldBe(["REPORTS_MISSING"]);
        Against(Clean with { Compared = 0 }).ShouldBe(["NOTHING_COMPARED"]);
        Against(Clean with { Drift = 1 }).ShouldBe(["DRIFT"]);
        Against(Clean with { Errors = 11 }).ShouldBe(["ERROR_RATIO"]);
        Against(Clean with { Late = 6 }).ShouldBe(["LATE_RATIO"]);
        Against(Clean with { BreakerOpen = true }).ShouldBe(["BREAKER_OPEN"]);
        RolloutCheckpoint.Against(Clean, Objective, paused: true).ShouldBe(["PAUSED"]);
    }

    [Fact]
    public void Only_a_rollout_under_way_is_stopped_and_not_for_a_few_calls()
    {
        RolloutCheckpoint.Failure(Read("25"), Clean with { Drift = 1 }, Objective).ShouldBe("DRIFT");
        RolloutCheckpoint.Failure(Read("25"), Clean with { Errors = 11 }, Objective).ShouldBe("ERROR_RATIO");
        RolloutCheckpoint.Failure(Read("berlin"), Clean with { Late = 6 }, Objective).ShouldBe("LATE_RATIO");
        RolloutCheckpoint.Failure(Read("25"), Clean with { Pushes = 10, Errors = 10 }, Objective).ShouldBeNull();
        RolloutCheckpoint.Failure(Read("25"), Clean, Objective).ShouldBeNull();
        RolloutCheckpoint.Failure(Read("100"), Clean with { Drift = 1, Errors = 100 }, Objective).ShouldBeNull();
        RolloutCheckpoint.Failure(Read("shadow"), Clean with { Drift = 1 }, Objective).ShouldBeNull();
    }

    private static IReadOnlyList<string> Against(ChannelWindow window) => RolloutCheckpoint.Against(window, Objective, paused: false);

    private static Rollout Read(string text) => text switch
    {
        "off" => new Rollout(RolloutMode.Off, 0, []),
        "shadow" => new Rollout(RolloutMode.Shadow, 0, []),
        "25" or "50" or "100" => new Rollout(RolloutMode.On, int.Parse(text, System.Globalization.CultureInfo.InvariantCulture), []),
        _ => new Rollout(RolloutMode.On, 0, [.. text.Split(',')]),
    };
}
