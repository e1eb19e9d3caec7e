using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.Operations.V1;

namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>
/// Levels that are tried again although nothing changed: those of open cases once after each start, since what was mended is mostly mended by a setting and a
/// restart, and those of which people ask for another try. Never on a schedule.
/// </summary>
internal sealed partial class RefusedRetries(
    ExceptionService.ExceptionServiceClient client, RefusedLevels refused, ConnectorOptions options, TimeProvider clock, ILogger<RefusedRetries> logger)
{
    private const int CasesPerCall = 500;
    private const int MostPages = 20;
    private readonly HashSet<string> _skus = new(StringComparer.Ordinal);

    /// <summary>By case, the request that was followed.</summary>
    private readonly Dictionary<string, DateTimeOffset> _followed = new(StringComparer.Ordinal);
    private bool _allRead;

    /// <summary>When the authority is asked next, as a timestamp of the clock.</summary>
    public long DueAt { get; private set; }

    /// <summary>Some are to be tried again.</summary>
    public bool HasAny => _skus.Count > 0;

    public void Begin()
    {
        (_allRead, DueAt) = (false, 0);
        _skus.Clear();
    }

    /// <summary>Their SKUs, which are not to be tried again any more.</summary>
    public IReadOnlyList<string> Take()
    {
        string[] skus = [.. _skus.Order(StringComparer.Ordinal)];
        _skus.Clear();
        return skus;
    }

    /// <summary>Asks the authority where that is due.</summary>
    public async Task LookAsync(CancellationToken stopping)
    {
        if (clock.GetTimestamp() < DueAt)
        {
            return;
        }

        DueAt = clock.TimestampAfter(options.ReportInterval);
        try
        {
            var token = "";
            for (var page = 0; page < MostPages && (page == 0 || token.Length > 0); page++)
            {
                var answer = await client.ListExceptionsAsync(
                    new ListExceptionsRequest
                    {
                        TenantId = options.TenantId,
                        Channel = options.Consumer,
                        Kind = ExceptionKind.LevelRefused,
                        ReplayRequested = _allRead,
                        PageSize = CasesPerCall,
                        PageToken = token,
                    },
                    deadline: clock.CallDeadline(), cancellationToken: stopping);
                foreach (var each in answer.Exceptions)
                {
                    Note(each);
                }

                token = answer.NextPageToken;
            }

            _allRead = true;
        }
        catch (RpcException exception) when (!stopping.IsCancellationRequested)
        {
            LogNotRead(exception, options.Consumer, options.TenantId);
        }
    }

    private void Note(ExceptionCase each)
    {
        // A request counts until the next report about the case, which may be on its way.
        if (each.ReplayRequestTime?.ToDateTimeOffset() is { } requested)
        {
            if (_followed.TryGetValue(each.CaseId, out var followed) && requested <= followed)
            {
                return;
            }

            _followed[each.CaseId] = requested;
        }
        else if (refused.Has(new StockKey(each.Sku, each.LocationId)))
        {
            // It was refused since the start.
            return;
        }

        refused.Know(new StockKey(each.Sku, each.LocationId));
        _skus.Add(each.Sku);
    }

    [LoggerMessage(LogLevel.Warning, "The refused levels of channel {Channel} of tenant {TenantId} could not be asked for; trying again")]
    private partial void LogNotRead(Exception exception, string channel, string tenantId);
}
