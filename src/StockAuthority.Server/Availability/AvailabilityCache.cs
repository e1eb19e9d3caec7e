using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;
using StackExchange.Redis;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Availability;

/// <summary>
/// Levels over the Redis protocol. Nothing here is the truth: an entry can be missing or late, but it never goes back to an
/// older version, and a cache that is away costs a read its timeout a few times and then nothing.
/// </summary>
internal sealed partial class AvailabilityCache
{
    /// <summary>Keys of one command: a longer one would keep every other client of the server waiting.</summary>
    private const int MaximumCommandKeys = 500;

    private readonly IConnectionMultiplexer _redis;
    private readonly DatabaseIdentity _identity;
    private readonly AvailabilityOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<AvailabilityCache> _logger;
    private readonly ResiliencePipeline<RedisValue[]> _reads;

    public AvailabilityCache(
        IConnectionMultiplexer redis,
        DatabaseIdentity identity,
        IOptions<AvailabilityOptions> options,
        TimeProvider time,
        ILogger<AvailabilityCache> logger)
    {
        _redis = redis;
        _identity = identity;
        _options = options.Value;
        _time = time;
        _logger = logger;
        _reads = Reads();
    }

    /// <summary>Whether writing is worth a try.</summary>
    public bool IsConnected => _redis.IsConnected;

    /// <summary>The levels in the order of the keys, null where the cache has none or does not answer.</summary>
    public async ValueTask<StockLevel?[]> ReadAsync(string tenantId, IReadOnlyList<StockKey> keys, CancellationToken cancellationToken)
    {
        var levels = new StockLevel?[keys.Count];
        if (_identity.Known is not { } databaseId)
        {
            return levels;
        }

        var names = new RedisKey[keys.Count];
        for (var index = 0; index < names.Length; index++)
        {
            names[index] = CacheEntry.Name(databaseId, new TenantKey(tenantId, keys[index]));
        }

        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            var outcome = await _reads.ExecuteOutcomeAsync(TryGetAsync, context, (Cache: this, Names: names));
            if (outcome.Result is { } values)
            {
                for (var index = 0; index < levels.Length; index++)
                {
                    levels[index] = values[index].IsNull ? null : CacheEntry.Read(keys[index], (string)values[index]!);
                }
            }
            else
            {
                cancellationToken.ThrowIfCancellationRequested();
                AvailabilityTelemetry.ReadFailures.Add(1);
            }
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }

        return levels;
    }

    /// <summary>Writes levels; an entry with the same or a higher version stays.</summary>
    /// <exception cref="RedisException">Some or all were not written.</exception>
    /// <exception cref="TimeoutException">It is not known which were written.</exception>
    public async Task WriteAsync(IReadOnlyList<(TenantKey Key, StockLevel Level)> levels, CancellationToken cancellationToken)
    {
        var databaseId = await _identity.ReadAsync(cancellationToken);
        var names = levels.Select(each => (RedisKey)CacheEntry.Name(databaseId, each.Key)).ToArray();
        var database = _redis.GetDatabase();
        var writes = BySlot(names).Select(indexes => database.ScriptEvaluateAsync(
            ReplaceOlderScript,
            [.. indexes.Select(index => names[index])],
            [.. indexes.SelectMany(index => Arguments(levels[index].Level))]));
        try
        {
            await Task.WhenAll(writes).WaitAsync(_options.WriteTimeout, _time, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            AvailabilityTelemetry.WriteFailures.Add(1);
            throw;
        }
    }

    private static async ValueTask<Outcome<RedisValue[]>> TryGetAsync(ResilienceContext context, (AvailabilityCache Cache, RedisKey[] Names) state)
    {
        try
        {
            return Outcome.FromResult(await state.Cache.GetAsync(state.Names).WaitAsync(context.CancellationToken));
        }
        catch (Exception error)
        {
            return Outcome.FromException<RedisValue[]>(error);
        }
    }

    private async Task<RedisValue[]> GetAsync(RedisKey[] names)
    {
        var database = _redis.GetDatabase();
        if (names.Length == 1)
        {
            return [await database.StringGetAsync(names[0])];
        }

        var values = new RedisValue[names.Length];
        await Task.WhenAll(BySlot(names).Select(async indexes =>
        {
            var found = await database.StringGetAsync([.. indexes.Select(index => names[index])]);
            for (var position = 0; position < indexes.Length; position++)
            {
                values[indexes[position]] = found[position];
            }
        }));
        return values;
    }

    /// <summary>A cluster takes the keys of one slot in one command; a single server takes them all.</summary>
    private IEnumerable<int[]> BySlot(RedisKey[] names) => Enumerable.Range(0, names.Length)
        .GroupBy(index => _redis.HashSlot(names[index]))
        .SelectMany(slot => slot.Chunk(MaximumCommandKeys));

    private RedisValue[] Arguments(StockLevel level) =>
    [
        CacheEntry.Write(level),
        level.Version,
        (long)(level.Version == 0 ? _options.AbsentEntryLifetime : _options.EntryLifetime).TotalMilliseconds,
    ];

    /// <summary>A slow answer counts as none; after a few of those the cache is left alone and one read at a time tries it again.</summary>
    private ResiliencePipeline<RedisValue[]> Reads() => new ResiliencePipelineBuilder<RedisValue[]> { TimeProvider = _time }
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<RedisValue[]>
        {
            ShouldHandle = new PredicateBuilder<RedisValue[]>().Handle<RedisException>().Handle<TimeoutException>().Handle<TimeoutRejectedException>(),
            FailureRatio = 0.5,
            MinimumThroughput = 5,
            SamplingDuration = TimeSpan.FromSeconds(2),
            BreakDuration = _options.BreakDuration,
            OnOpened = opened =>
            {
                LogAway(_options.BreakDuration.TotalMilliseconds, opened.Outcome.Exception?.Message);
                return default;
            },
            OnClosed = _ =>
            {
                LogBack();
                return default;
            },
        })
        .AddTimeout(new TimeoutStrategyOptions { Timeout = _options.ReadTimeout })
        .Build();

    [LoggerMessage(LogLevel.Warning, "The cache does not answer and is left alone for {BreakMilliseconds} ms; reads go to the database. {Cause}")]
    private partial void LogAway(double breakMilliseconds, string? cause);

    [LoggerMessage(LogLevel.Information, "The cache answers again.")]
    private partial void LogBack();
}
