using System.Globalization;
using StockAuthority.Connectors.Simulators.Square;

namespace StockAuthority.Connectors.Simulators.Control;

internal sealed class Faults
{
    private static readonly TimeSpan LongestLatency = TimeSpan.FromMinutes(5);
    private readonly Lock _lock = new();
    private Fault _fault = new();
    private int _left;

    public TimeSpan Latency
    {
        get
        {
            lock (_lock)
            {
                var latency = TimeSpan.FromMilliseconds(_fault.LatencyMilliseconds);
                return latency < LongestLatency ? latency : LongestLatency;
            }
        }
    }

    public TimeSpan ReadLag => TimeSpan.FromMilliseconds(Current.ReadLagMilliseconds);

    public Fault Current
    {
        get
        {
            lock (_lock)
            {
                return _fault;
            }
        }
    }

    public void Set(Fault fault)
    {
        lock (_lock)
        {
            _fault = fault;
            _left = fault.Count ?? int.MaxValue;
        }
    }

    /// <summary>The fault that this request meets, if any.</summary>
    public Fault? Next(string request = "")
    {
        lock (_lock)
        {
            if ((_fault.Where is { } where && !request.Contains(where, StringComparison.Ordinal)) || (_fault.Status == 0 && _fault.ErrorCode is null && _fault is { Reset: false, Duplicate: false, ApplyLaterMilliseconds: 0 }) || _left == 0)
            {
                return null;
            }

            _left = _left == int.MaxValue ? _left : _left - 1;
            return _fault;
        }
    }

    /// <summary>The fault that names this request, if any.</summary>
    public Fault? Named(string request) => Current.Where is null ? null : Next(request);

    /// <summary>Carries something out when nobody waits for it any more.</summary>
    public static async Task LaterAsync(Fault fault, TimeProvider clock, Action apply)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(fault.ApplyLaterMilliseconds), clock);
        apply();
    }

    public IEnumerable<SquareError> Refusals(BatchChangeRequest request)
    {
        var fault = Current;
        for (var index = 0; index < (request.Changes?.Count ?? 0); index++)
        {
            if (request.Changes![index]?.PhysicalCount?.CatalogObjectId is { } id && fault.RefusedCatalogObjectIds.Contains(id, StringComparer.Ordinal))
            {
                var field = string.Create(CultureInfo.InvariantCulture, $"changes[{index}].physical_count.catalog_object_id");
                yield return SquareError.InvalidRequest(fault.RefusalCode, $"Catalog object with ID `{id}` was refused.", fault.RefusalNamesField ? field : null);
            }
        }
    }
}
