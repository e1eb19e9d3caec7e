using System.Globalization;
using System.Text;
using StockAuthority.Connectors.Tests.Hosts;

namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>The POS connector with Square's simulator.</summary>
public sealed class SquareComplianceTests : LevelChannelCompliance
{
    private protected override string Consumer => PosHost.Consumer;

    private protected override async Task<IChannelStand> StandAsync() => new Stand(await SquareHost.StartAsync());

    private sealed class Stand(SquareHost square) : IChannelStand
    {
        public int Calls => square.Log.RecentRequests.Count(request => request.IsWrite);

        public bool KnowsKeys => true;

        public IReadOnlyList<(string Sku, long Units)> Applied => [.. square.Log.RecentApplied.Select(change => (change.CatalogObjectId, (long)change.Quantity))];

        public async Task<IAsyncDisposable> ConnectAsync(FeedHost feed, params string[] settings) => await PosHost.StartAsync(feed, square.Address, settings);

        public Task FaultAsync(ChannelFault fault) => square.FaultAsync(fault switch
        {
            ChannelFault.RefusesOne or ChannelFault.KnowsNotOne => """{"refused_catalog_object_ids":["refused"]}""",
            ChannelFault.NonsenseAboutOne => """{"unanswerable_ids":["refused"]}""",
            _ => CommonFaults.Of(fault),
        });

        public async Task<string[]> MapWrongAsync()
        {
            await square.FaultAsync("""{"refused_catalog_object_ids":["GONE"]}""");
            return ["--Square:CatalogObjects:0:Sku=refused", "--Square:CatalogObjects:0:CatalogObjectId=GONE"];
        }

        public async Task<long?> ShownAsync(string sku) =>
            await square.QuantityAsync(sku) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

        public async Task OverwriteAsync(string sku, long units)
        {
            var time = TimeProvider.System.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
            using var content = new StringContent(
                $$$"""{"idempotency_key":"{{{Guid.NewGuid()}}}","ignore_unchanged_counts":false,"changes":[{"type":"PHYSICAL_COUNT","physical_count":{"catalog_object_id":"{{{sku}}}","location_id":"shop","state":"IN_STOCK","quantity":"{{{units}}}","occurred_at":"{{{time}}}"}}]}""",
                Encoding.UTF8, "application/json");
            using var response = await square.Http.PostAsync(new Uri("/v2/inventory/changes/batch-create", UriKind.Relative), content);
            response.EnsureSuccessStatusCode();
        }

        public ValueTask DisposeAsync() => square.DisposeAsync();
    }
}
