using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// What a lane knows of the stock that it wrote last. True for as long as the tenant's head still has the version that it
/// had then, and a batch that was decided from here asks for exactly that when it is written: see <see cref="BatchWrite"/>.
/// So a lane that is alone with its tenants reads nothing, and one that is not is never wrong.
/// </summary>
internal sealed class LaneMemory(LedgerOptions options)
{
    /// <summary>After so many failures in a row nearly every batch reads first.</summary>
    private const int LongestCaution = 64;

    private readonly Remembered<string, (TenantHead Head, long Epoch)> _heads = new(options.RememberedLevels);
    private readonly Remembered<(string TenantId, StockKey Key), (StockLevel Level, long Epoch)> _levels = new(options.RememberedLevels);
    private readonly Remembered<(string TenantId, string LocationId), (bool IsSellable, long Epoch)> _locations = new(options.RememberedLevels);

    private long _lastEpoch;
    private int _caution;
    private int _batchesToRead;

    /// <summary>Whether others write the same tenants, so that a batch waits for their locks.</summary>
    public bool IsContended => _caution > 0;

    /// <summary>Adds what commands need to the state of the batch that they join.</summary>
    /// <returns>False where it has to be read.</returns>
    public bool TryRecall(BatchNeeds needs, BatchState state)
    {
        // Reservations and transfers are not remembered: most are needed once more, much later, and keeping them all until then costs more.
        if (needs.Events.Count > 0 || needs.Orders.Count > 0 || needs.Payments.Count > 0 || needs.Returns.Count > 0 || needs.Reservations.Count > 0 || needs.Transfers.Count > 0)
        {
            return false;
        }

        if (_batchesToRead > 0)
        {
            _batchesToRead--;
            return false;
        }

        return RecallHeads(needs, state) && needs.Keys.All(each => RecallLevel(state, each.TenantId, each.Key));
    }

    /// <summary>
    /// Takes over what a batch knows. It may be on its way to the database still: whoever learns that it did not get there
    /// makes the memory forget, with all that was decided from it.
    /// </summary>
    public void Keep(DecidedBatch batch)
    {
        foreach (var tenant in batch.State.Tenants)
        {
            // What is remembered of an older head belongs to an older epoch, and no longer counts.
            var id = tenant.Head.TenantId;
            var epoch = _heads.TryGet(id, out var known) && known.Head.Version == tenant.Head.Version ? known.Epoch : ++_lastEpoch;
            _heads.Put(id, (batch.HasWrites ? tenant.Advanced : tenant.Head, epoch));
            foreach (var level in tenant.State.Levels)
            {
                _levels.Put((id, level.Key), (level, epoch));
            }

            foreach (var (location, isSellable) in tenant.State.Locations)
            {
                _locations.Put((id, location), (isSellable, epoch));
            }
        }
    }

    /// <summary>A batch that was decided from here is committed.</summary>
    public void WasTrue() => _caution = 0;

    /// <summary>A batch was decided from here and another server, or an earlier use of one of its keys, had overtaken it.</summary>
    public void WasStale()
    {
        Forget();
        _caution = Math.Min(LongestCaution, Math.Max(1, _caution * 2));
        _batchesToRead = _caution;
    }

    public void Forget()
    {
        _heads.Clear();
        _levels.Clear();
        _locations.Clear();
    }

    private bool RecallHeads(BatchNeeds needs, BatchState state)
    {
        foreach (var tenantId in needs.Tenants)
        {
            if (state.Tenant(tenantId) is not null)
            {
                continue;
            }

            if (!_heads.TryGet(tenantId, out var known))
            {
                return false;
            }

            state.Load(known.Head);
        }

        return true;
    }

    private bool RecallLevel(BatchState state, string tenantId, StockKey key)
    {
        var tenant = state.Tenant(tenantId)!.State;
        if (tenant.Knows(key))
        {
            return true;
        }

        if (!_levels.TryGet((tenantId, key), out var known) || known.Epoch != Epoch(tenantId)
            || !_locations.TryGet((tenantId, key.LocationId), out var location) || location.Epoch != known.Epoch)
        {
            return false;
        }

        tenant.Load(known.Level);
        tenant.LoadLocation(key.LocationId, location.IsSellable);
        return true;
    }

    private long Epoch(string tenantId) => _heads.TryGet(tenantId, out var known) ? known.Epoch : -1;
}
