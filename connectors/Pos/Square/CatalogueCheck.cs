using Grpc.Core;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Pos.Square;

/// <summary>Names at the start what Square has no name for; each such level also becomes a case once it is pushed. Only where names are read from Square.</summary>
internal sealed partial class CatalogueCheck(
    SquareCatalogue catalogue, ChannelService.ChannelServiceClient levels, ConnectorOptions connector, TimeProvider clock, ILogger<CatalogueCheck> logger) : BackgroundService
{
    private const int LevelsPerPage = 500;
    private const int MostNamed = 50;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                var (skus, locations) = await MissingAsync(stoppingToken);
                if (skus.Count + locations.Count > 0)
                {
                    LogMissing(skus.Count, string.Join(", ", skus.Take(MostNamed)), locations.Count, string.Join(", ", locations.Take(MostNamed)));
                }

                return;
            }
            catch (Exception failure) when (failure is RpcException or HttpRequestException && !stoppingToken.IsCancellationRequested)
            {
                await Task.Delay(Backoff.After(failures, connector.RetryDelay, connector.MaxRetryDelay), clock, stoppingToken);
            }
        }
    }

    private async Task<(SortedSet<string> Skus, SortedSet<string> Locations)> MissingAsync(CancellationToken cancellationToken)
    {
        var skus = new SortedSet<string>(StringComparer.Ordinal);
        var locations = new SortedSet<string>(StringComparer.Ordinal);
        var request = new ListLevelsRequest { TenantId = connector.TenantId, PageSize = LevelsPerPage };
        do
        {
            var page = await levels.ListLevelsAsync(request, deadline: clock.CallDeadline(), cancellationToken: cancellationToken);
            StockKey[] keys = [.. page.Levels.Select(level => new StockKey(level.Sku, level.LocationId))];
            foreach (var (key, target) in keys.Zip(await catalogue.TargetsAsync(keys, cancellationToken)))
            {
                if (target.CatalogObjectId is null)
                {
                    skus.Add(key.Sku);
                }

                if (target.LocationId is null)
                {
                    locations.Add(key.LocationId);
                }
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return (skus, locations);
    }

    [LoggerMessage(LogLevel.Warning, "Square has no single item variation for {SkuCount} SKUs ({Skus}) and no single location for {LocationCount} locations ({Locations})")]
    private partial void LogMissing(int skuCount, string skus, int locationCount, string locations);
}
