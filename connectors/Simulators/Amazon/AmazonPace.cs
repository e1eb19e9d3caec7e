namespace StockAuthority.Connectors.Simulators.Amazon;

/// <summary>The usage plans: for each operation a bucket that holds its burst, and regains its rate each second.</summary>
internal sealed class AmazonPace(TimeProvider clock)
{
    public static readonly UsagePlan Patch = new("patchListingsItem", 5, 5);
    public static readonly UsagePlan Get = new("getListingsItem", 5, 5);
    public static readonly UsagePlan CreateFeedDocument = new("createFeedDocument", 0.5, 15);

    /// <summary>Of JSON_LISTINGS_FEED five in five minutes, whatever createFeed's own plan allows.</summary>
    public static readonly UsagePlan CreateFeed = new("createFeed", 5.0 / 300, 5);
    public static readonly UsagePlan GetFeed = new("getFeed", 2, 15);
    public static readonly UsagePlan GetFeeds = new("getFeeds", 0.0222, 10);
    public static readonly UsagePlan GetFeedDocument = new("getFeedDocument", 0.0222, 10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (double Tokens, long At)> _buckets = new(StringComparer.Ordinal);

    internal sealed record UsagePlan(string Operation, double RequestsPerSecond, int Burst);

    public bool Take(UsagePlan plan)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            var (tokens, at) = _buckets.GetValueOrDefault(plan.Operation, (plan.Burst, now));
            tokens = Math.Min(plan.Burst, tokens + (clock.GetElapsedTime(at, now).TotalSeconds * plan.RequestsPerSecond));
            _buckets[plan.Operation] = (tokens >= 1 ? tokens - 1 : tokens, now);
            return tokens >= 1;
        }
    }
}
