using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.Options;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Availability;

/// <summary>
/// Reads what the cache had no entry for. A key that is being read is not read again, and keys that come while all queries
/// are busy share the next one, so that a cold or dead cache costs the database a few large queries, not one for each caller.
/// </summary>
internal sealed class MissedLevels(LevelReads levels, AvailabilityRefresh refresh, IOptions<AvailabilityOptions> options)
{
    private const int MaximumQueries = 4;
    private const int MaximumQueryKeys = 1000;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly Dictionary<TenantKey, TaskCompletionSource<StockLevel>> _pending = [];
    private readonly Queue<TenantKey> _waiting = [];
    private int _queries;

    /// <summary>The levels in the order of the keys; all zero where there is no stock.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: too many keys wait already.</exception>
    public async Task<StockLevel[]> ReadAsync(string tenantId, IReadOnlyList<StockKey> keys, CancellationToken cancellationToken)
    {
        var reads = new Task<StockLevel>[keys.Count];
        lock (_gate)
        {
            if (_pending.Count + keys.Count > options.Value.MissCapacity)
            {
                AvailabilityTelemetry.RefusedReads.Add(1);
                throw Errors.Status(
                    Code.ResourceExhausted,
                    "QUEUE_FULL",
                    "More levels are being read than the database can take. Send the same request again.").RetryAfter(RetryDelay).ToRpcException();
            }

            for (var index = 0; index < reads.Length; index++)
            {
                reads[index] = Pending(new TenantKey(tenantId, keys[index]));
            }

            if (_waiting.Count > 0 && _queries < MaximumQueries)
            {
                _queries++;
                _ = Task.Run(QueryAsync, CancellationToken.None);
            }
        }

        return await Task.WhenAll(reads).WaitAsync(cancellationToken);
    }

    private Task<StockLevel> Pending(TenantKey key)
    {
        if (!_pending.TryGetValue(key, out var read))
        {
            read = new TaskCompletionSource<StockLevel>(TaskCreationOptions.RunContinuationsAsynchronously);
            _pending.Add(key, read);
            _waiting.Enqueue(key);
        }

        return read.Task;
    }

    private async Task QueryAsync()
    {
        while (Next() is { Count: > 0 } keys)
        {
            try
            {
                // Not cancelled by a caller who gives up: others wait for the same keys.
                var found = await levels.ReadAsync(keys, CancellationToken.None);
                foreach (var key in keys)
                {
                    var level = found.GetValueOrDefault(key) ?? new StockLevel(key.Key);
                    refresh.Offer(key.TenantId, [level]);
                    Take(key).SetResult(level);
                }
            }
            catch (Exception error)
            {
                foreach (var key in keys)
                {
                    Take(key).SetException(error);
                }
            }
        }
    }

    private List<TenantKey> Next()
    {
        var keys = new List<TenantKey>();
        lock (_gate)
        {
            while (keys.Count < MaximumQueryKeys && _waiting.TryDequeue(out var key))
            {
                keys.Add(key);
            }

            if (keys.Count == 0)
            {
                _queries--;
            }
        }

        return keys;
    }

    private TaskCompletionSource<StockLevel> Take(TenantKey key)
    {
        lock (_gate)
        {
            _pending.Remove(key, out var read);
            return read!;
        }
    }
}
