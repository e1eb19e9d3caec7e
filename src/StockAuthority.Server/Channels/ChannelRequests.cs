using StockAuthority.ChangeFeed.V1;
using StockAuthority.Core.Channels;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Channels;

/// <summary>Checks requests about channels.</summary>
internal static class ChannelRequests
{
    private const int LongestText = 512;
    private const int MostLocations = 1000;
    public const int MostSkus = 500;

    public static ChannelObjective Objective(ChannelObjectives objectives) =>
        new(objectives.Window.ToTimeSpan(), objectives.LateRatio, objectives.ErrorRatio);

    public static ChannelWindow Window(ChannelHealth sums) => new(
        sums.Duration.ToTimeSpan(), sums.PushCount, sums.ErrorCount, sums.VisibleCount, sums.LateCount, sums.ComparedCount, sums.DriftCount, sums.BreakerOpen);

    public static Rollout Rollout(ChannelRollout rollout) =>
        new((RolloutMode)rollout.Mode, rollout.Percent, [.. rollout.LocationIds]);

    public static RequestFields Channel(string tenantId, string channelId)
    {
        var fields = new RequestFields();
        fields.Tenant(tenantId);
        fields.Text("channel_id", channelId);
        return fields;
    }

    public static RequestFields Change(string tenantId, string channelId, string idempotencyKey, string comment)
    {
        var fields = Channel(tenantId, channelId);
        fields.Text("idempotency_key", idempotencyKey);
        fields.Text("comment", comment, LongestText);
        return fields;
    }

    public static void Check(RegisterChannelRequest request)
    {
        var fields = Channel(request.TenantId, request.ChannelId);
        if (request.ChannelId == Availability.AvailabilityTail.Consumer)
        {
            fields.Add("channel_id", "RESERVED_NAME", "is the authority's own");
        }

        var declaration = request.Declaration ?? new ChannelDeclaration();
        fields.Text("declaration.kind", declaration.Kind);
        fields.Text("declaration.customer_sentence", declaration.CustomerSentence, LongestText);
        fields.Text("declaration.owner", declaration.Owner);
        var objectives = declaration.Objectives ?? new ChannelObjectives();
        Present(fields, "declaration.objectives.window", fields.Span("declaration.objectives.window", objectives.Window, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7), "1 second to 7 days"), objectives.Window);
        Present(fields, "declaration.objectives.visible_within", fields.Span("declaration.objectives.visible_within", objectives.VisibleWithin, TimeSpan.Zero, TimeSpan.FromDays(1), "1 millisecond to 1 day"), objectives.VisibleWithin);
        Ratio(fields, "declaration.objectives.late_ratio", objectives.LateRatio);
        Ratio(fields, "declaration.objectives.error_ratio", objectives.ErrorRatio);
        if (declaration.InitialRollout is { } rollout)
        {
            Check(fields, "declaration.initial_rollout", rollout);
            if (declaration.WholeJournal && !Rollout(rollout).IsWhole)
            {
                fields.Add("declaration.initial_rollout", "ROLLOUT_NOT_PARTIAL", "must be OFF or 100 % where whole_journal is set");
            }
        }

        fields.ThrowIfAny();
    }

    public static void Check(RequestFields fields, string field, ChannelRollout? rollout)
    {
        if (rollout is null || rollout.Mode == ChannelMode.Unspecified)
        {
            fields.Add(field + ".mode", "MISSING_FIELD", "is required");
            return;
        }

        fields.Known(field + ".mode", rollout.Mode);
        var isOn = rollout.Mode == ChannelMode.On;
        var byLocation = rollout.LocationIds.Count > 0;
        if (!(isOn ? (byLocation ? rollout.Percent == 0 : rollout.Percent is 25 or 50 or 100) : rollout.Percent == 0 && !byLocation))
        {
            fields.Add(field + ".percent", "OUT_OF_RANGE", "must be 25, 50 or 100 where the mode is ON and no location is named, else 0");
        }

        if (rollout.LocationIds.Count > MostLocations)
        {
            fields.Add(field + ".location_ids", "OUT_OF_RANGE", "names too many locations");
        }

        foreach (var location in rollout.LocationIds.Take(MostLocations))
        {
            fields.Text(field + ".location_ids", location);
        }
    }

    public static void Skus(RequestFields fields, IReadOnlyCollection<string> skus)
    {
        if (skus.Count > MostSkus)
        {
            fields.Add("skus", "OUT_OF_RANGE", "names more than 500");
        }

        foreach (var sku in skus.Take(MostSkus))
        {
            fields.Text("skus", sku);
        }
    }

    public static void Check(ReportChannelHealthRequest request)
    {
        var fields = Channel(request.TenantId, request.ChannelId);
        var health = request.Health ?? new ChannelHealth();
        Present(fields, "health.duration", fields.Span("health.duration", health.Duration, TimeSpan.Zero, TimeSpan.FromHours(1), "at most 1 hour"), health.Duration);
        long[] counts = [health.PushCount, health.ErrorCount, health.RetryCount, health.VisibleCount, health.LateCount, health.RefusedCount, health.ComparedCount, health.DriftCount, health.QueueDepth];
        if (counts.Any(count => count < 0) || health.ErrorCount > health.PushCount || health.LateCount > health.VisibleCount || health.DriftCount > health.ComparedCount)
        {
            fields.Add("health", "OUT_OF_RANGE", "has a negative count, or a part that is larger than its whole");
        }

        fields.ThrowIfAny();
    }

    private static void Present(RequestFields fields, string field, TimeSpan? read, object? given)
    {
        if (given is null)
        {
            fields.Add(field, "MISSING_FIELD", "is required");
        }
        else if (read == TimeSpan.Zero)
        {
            fields.Add(field, "OUT_OF_RANGE", "must be above zero");
        }
    }

    private static void Ratio(RequestFields fields, string field, double value)
    {
        if (value is not (>= 0 and <= 1))
        {
            fields.Add(field, "OUT_OF_RANGE", "must be 0 to 1");
        }
    }
}
