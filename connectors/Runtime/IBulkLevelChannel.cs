namespace StockAuthority.Connectors.Runtime;

/// <summary>
/// A level channel that also takes many levels as one job, which it works off when it likes: such a job can have its effect at any moment until it has
/// ended. The runtime has one job at a time, pushes none of its levels meanwhile, and after a start pushes nothing before earlier ones have ended.
/// </summary>
public interface IBulkLevelChannel : ILevelChannel
{
    /// <summary>When jobs are used; null where they are not.</summary>
    BulkTerms? Bulk { get; }

    /// <summary>Hands levels over without any effect; the first ones, where there are too many or they are too large for one job.</summary>
    Task<BulkAnswer<BulkUpload>> UploadAsync(IReadOnlyList<LevelChange> changes, CancellationToken cancellationToken);

    /// <summary>Makes a job of what was handed over. Without an answer, or where it throws, the job may be under way.</summary>
    Task<BulkAnswer<BulkJob>> StartAsync(string document, CancellationToken cancellationToken);

    /// <summary>What became of a job.</summary>
    /// <param name="job">Its id.</param>
    /// <param name="changes">Its levels, as <see cref="BulkUpload.Included"/> says; none where only its end is of interest.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    Task<BulkAnswer<BulkProgress>> LookAsync(string job, IReadOnlyList<LevelChange> changes, CancellationToken cancellationToken);

    /// <summary>All jobs that have not ended, whoever began them.</summary>
    Task<BulkAnswer<IReadOnlyList<string>>> ListUnderWayAsync(CancellationToken cancellationToken);
}

/// <param name="From">So many levels wait.</param>
/// <param name="MaxItems">The most levels of a job.</param>
/// <param name="PollInterval">Between two looks at a job.</param>
/// <param name="TimeLimit">Longer than this no job is waited for.</param>
public sealed record BulkTerms(int From, int MaxItems, TimeSpan PollInterval, TimeSpan TimeLimit);

/// <param name="Value">Null where there is none.</param>
/// <param name="Failure">Why; never <see cref="PushResult.Confirmed"/>.</param>
public sealed record BulkAnswer<T>(T? Value, PushResult? Failure)
    where T : class;

/// <param name="Document">What to start the job with; null where no level is left for one.</param>
/// <param name="Included">The positions of the levels in it, in its order.</param>
/// <param name="Refused">Levels by position that the channel cannot be asked to show. What is neither included nor refused is left for later.</param>
public sealed record BulkUpload(string? Document, IReadOnlyList<int> Included, IReadOnlyDictionary<int, Refusal> Refused);

/// <param name="Id">By which the channel knows the job.</param>
public sealed record BulkJob(string Id);

/// <summary>What became of a job.</summary>
public abstract record BulkProgress
{
    private BulkProgress()
    {
    }

    /// <summary>It can still have any of its effect.</summary>
    public sealed record UnderWay : BulkProgress;

    /// <summary>It ended, and says of each level what became of it.</summary>
    /// <param name="Refused">Levels by position that were refused for good; all others were taken.</param>
    /// <param name="Differing">Positions of levels that were taken, and that the channel shows otherwise.</param>
    public sealed record Ended(IReadOnlyDictionary<int, Refusal> Refused, IReadOnlyList<int> Differing) : BulkProgress;

    /// <summary>It ended and has no effect any more, and which of its levels are shown is not known.</summary>
    public sealed record Failed(Refusal Answer) : BulkProgress;
}
