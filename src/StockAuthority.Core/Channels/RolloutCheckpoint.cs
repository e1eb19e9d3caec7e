namespace StockAuthority.Core.Channels;

/// <summary>The sums of a channel's reports over the window of its objectives.</summary>
public sealed record ChannelWindow(TimeSpan Covered, long Pushes, long Errors, long Visible, long Late, long Compared, long Drift, bool BreakerOpen);

/// <summary>What a channel promises.</summary>
public sealed record ChannelObjective(TimeSpan Window, double LateRatio, double ErrorRatio);

/// <summary>Whether a rollout may go a step on, or has to stop.</summary>
public static class RolloutCheckpoint
{
    /// <summary>Fewer calls or changes say nothing about a ratio: they hold up no rollout in the middle of a step.</summary>
    private const int LeastToFail = 20;

    /// <summary>A report may be under way.</summary>
    private const double LeastCovered = 0.9;

    /// <summary>What is against the next step; empty where it is clean. Silence is not clean: nothing compared, or not long enough, is against it.</summary>
    public static IReadOnlyList<string> Against(ChannelWindow window, ChannelObjective objective, bool paused)
    {
        var reasons = new List<string>();
        Add(paused, "PAUSED");
        Add(window.Covered < objective.Window * LeastCovered, "REPORTS_MISSING");
        Add(window.Compared == 0, "NOTHING_COMPARED");
        Add(window.Drift > 0, "DRIFT");
        Add(window.Errors > window.Pushes * objective.ErrorRatio, "ERROR_RATIO");
        Add(window.Late > window.Visible * objective.LateRatio, "LATE_RATIO");
        Add(window.BreakerOpen, "BREAKER_OPEN");
        return reasons;

        void Add(bool holds, string reason)
        {
            if (holds)
            {
                reasons.Add(reason);
            }
        }
    }

    /// <summary>
    /// Why a rollout that is under way has to stop; null where it need not. One that is off or complete is not stopped, for then a stop would only
    /// keep levels from customers; and what shadow mode finds is what it is for.
    /// </summary>
    public static string? Failure(Rollout rollout, ChannelWindow window, ChannelObjective objective) =>
        rollout.Mode != RolloutMode.On || rollout.IsComplete ? null
        : window.Drift > 0 ? "DRIFT"
        : window.Pushes >= LeastToFail && window.Errors > window.Pushes * objective.ErrorRatio ? "ERROR_RATIO"
        : window.Visible >= LeastToFail && window.Late > window.Visible * objective.LateRatio ? "LATE_RATIO"
        : null;
}
