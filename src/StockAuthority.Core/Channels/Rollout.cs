using System.Collections.Immutable;

namespace StockAuthority.Core.Channels;

/// <summary>What is done with the levels of a rollout.</summary>
public enum RolloutMode
{
    /// <summary>Nothing.</summary>
    Off = 1,

    /// <summary>Compared, never written.</summary>
    Shadow = 2,

    /// <summary>Written.</summary>
    On = 3,
}

/// <summary>Which levels a channel shows.</summary>
/// <param name="Mode">What is done with them.</param>
/// <param name="Percent">25, 50 or 100 of SKUs by hash; 0 where it is by location, or not on.</param>
/// <param name="Locations">All SKUs at these locations.</param>
public sealed record Rollout(RolloutMode Mode, int Percent, ImmutableHashSet<string> Locations)
{
    /// <summary>Everything is shown: there is no next step.</summary>
    public bool IsComplete => Mode == RolloutMode.On && Percent == 100;

    /// <summary>Everything or nothing: no part of the SKUs or locations, and nothing that is only compared.</summary>
    public bool IsWhole => Mode == RolloutMode.Off || IsComplete;

    private bool IsFirstOn => Mode == RolloutMode.On && (Percent == 25 || Locations.Count > 0);

    /// <summary>Whether this shows no level that <paramref name="from"/> does not, and fewer of them or less of it: allowed at any time.</summary>
    public bool IsBackFrom(Rollout from) =>
        Mode != from.Mode ? Mode < from.Mode
        : Mode == RolloutMode.On && (Percent > 0 ? Percent < from.Percent : from.IsComplete || (Locations.Count < from.Locations.Count && Locations.IsSubsetOf(from.Locations)));

    /// <summary>Whether this is one step on, past which nothing is skipped.</summary>
    public bool IsNextAfter(Rollout from) => from.Mode switch
    {
        RolloutMode.Off => Mode == RolloutMode.Shadow || IsFirstOn,
        RolloutMode.Shadow => IsFirstOn,
        _ => Mode == RolloutMode.On && (from.Percent, Percent) switch
        {
            (25, 50) or (50, 100) or (0, 100) => true,
            (0, 0) => Locations.Count > from.Locations.Count && Locations.IsSupersetOf(from.Locations),
            _ => false,
        },
    };
}
