using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Inventory;
using StockLevel = StockAuthority.Core.Inventory.StockLevel;

namespace StockAuthority.Server.Availability;

/// <summary>Answers levels: from the cache, from the database for what the cache does not have, or from the database alone.</summary>
internal sealed class AvailabilityReader(AvailabilityCache cache, RecentLevels recentLevels, MissedLevels missed, LevelReads levels)
{
    public async Task<GetAvailabilityResponse> GetAsync(GetAvailabilityRequest request, CancellationToken cancellationToken)
    {
        var keys = AvailabilityRequests.Read(request);
        StockKey[] distinct = [.. keys.Distinct()];
        var answers = request.Consistency == ReadConsistency.Strong
            ? await ReadStrongAsync(request.TenantId, distinct, cancellationToken)
            : await ReadCachedAsync(request.TenantId, distinct, cancellationToken);
        return new GetAvailabilityResponse
        {
            Availabilities =
            {
                keys.Select(key => Message(answers[key])),
            },
        };
    }

    private static StockAuthority.Inventory.V1.Availability Message(Answer answer)
    {
        var message = new StockAuthority.Inventory.V1.Availability { Level = StockMessages.Level(answer.Level), Source = answer.Source };
        if (answer.IsSellable is { } isSellable)
        {
            message.Sellable = isSellable;
        }

        return message;
    }

    private async Task<Dictionary<StockKey, Answer>> ReadCachedAsync(string tenantId, StockKey[] keys, CancellationToken cancellationToken)
    {
        var answers = new Dictionary<StockKey, Answer>(keys.Length);
        var asked = new List<StockKey>();
        var recent = recentLevels.Current();
        foreach (var key in keys)
        {
            if (recent.Find(new TenantKey(tenantId, key)) is { } level)
            {
                answers.Add(key, new Answer(level, AvailabilitySource.Cache));
            }
            else
            {
                asked.Add(key);
            }
        }

        var misses = new List<StockKey>();
        if (asked.Count > 0)
        {
            var cached = await cache.ReadAsync(tenantId, asked, cancellationToken);
            for (var index = 0; index < asked.Count; index++)
            {
                if (cached[index] is { } level)
                {
                    recent.Add(new TenantKey(tenantId, asked[index]), level);
                    answers.Add(asked[index], new Answer(level, AvailabilitySource.Cache));
                }
                else
                {
                    misses.Add(asked[index]);
                }
            }
        }

        AvailabilityTelemetry.Hits.Add(answers.Count);
        if (misses.Count > 0)
        {
            AvailabilityTelemetry.Misses.Add(misses.Count);
            foreach (var level in await missed.ReadAsync(tenantId, misses, cancellationToken))
            {
                answers.Add(level.Key, new Answer(level, AvailabilitySource.Database));
            }
        }

        return answers;
    }

    /// <summary>By a query of its own: one that is under way may have begun before a change that this caller knows of.</summary>
    private async Task<Dictionary<StockKey, Answer>> ReadStrongAsync(string tenantId, StockKey[] keys, CancellationToken cancellationToken)
    {
        var found = await levels.ReadAsync([.. keys.Select(key => new TenantKey(tenantId, key))], cancellationToken);
        var sellable = await levels.SellableAsync(tenantId, keys.Select(key => key.LocationId), cancellationToken);
        return keys.ToDictionary(
            key => key,
            key => new Answer(
                found.GetValueOrDefault(new TenantKey(tenantId, key)) ?? new StockLevel(key),
                AvailabilitySource.Database,
                sellable.Contains(key.LocationId)));
    }

    /// <param name="IsSellable">Known only where the database was asked.</param>
    private readonly record struct Answer(StockLevel Level, AvailabilitySource Source, bool? IsSellable = null);
}
