using System.Globalization;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Broker.Tests.Hosts;

/// <summary>A tenant: what moves there, and what the authority knows of its connector.</summary>
internal sealed class Shop(BrokerStand stand, string tenant)
{
    private int _keys;

    public string Tenant => tenant;

    public ChannelService.ChannelServiceClient Channels => new(stand.Channel);

    private ChangeFeedService.ChangeFeedServiceClient Feed => new(stand.Channel);

    private InventoryService.InventoryServiceClient Inventory => new(stand.Channel);

    private string Key => string.Create(CultureInfo.InvariantCulture, $"{tenant}-{Interlocked.Increment(ref _keys)}");

    /// <summary>A receipt of each SKU: one movement for each.</summary>
    public async Task ReceiveAsync(IEnumerable<string> skus, string location = BrokerStand.Store) => await Inventory.AdjustAsync(new AdjustRequest
    {
        TenantId = tenant,
        IdempotencyKey = Key,
        DocumentRef = "delivery",
        Reason = AdjustmentReason.Receipt,
        Lines = { skus.Select(sku => new StockLine { Sku = sku, LocationId = location, Quantity = 3 }) },
    });

    /// <summary>So many movements at each of the SKUs, in turns.</summary>
    public async Task ReceiveAsync(int times, int skus)
    {
        for (var time = 0; time < times; time++)
        {
            await ReceiveAsync(Enumerable.Range(0, skus).Select(sku => string.Create(CultureInfo.InvariantCulture, $"sku-{sku}")));
        }
    }

    public async Task<Reservation> ReserveAsync(string sku, string order) => (await Inventory.ReserveAsync(new ReserveRequest
    {
        TenantId = tenant,
        IdempotencyKey = Key,
        OrderRef = order,
        Lines = { new StockLine { Sku = sku, LocationId = BrokerStand.Store, Quantity = 1 } },
    })).Reservation;

    public async Task<GetCheckpointResponse> CheckpointAsync(string consumer) =>
        await Feed.GetCheckpointAsync(new GetCheckpointRequest { TenantId = tenant, Consumer = consumer });

    public Task CaughtUpAsync(string consumer) => Eventually.Becomes(
        () => CheckpointAsync(consumer), checkpoint => checkpoint.Sequence == checkpoint.HeadSequence, TimeSpan.FromSeconds(60));

    public async Task<IReadOnlyList<ExceptionCase>> CasesAsync(ExceptionStatus status = ExceptionStatus.Open) =>
        (await new ExceptionService.ExceptionServiceClient(stand.Channel).ListExceptionsAsync(new ListExceptionsRequest { TenantId = tenant, Status = status })).Exceptions;

    /// <summary>As somebody without a gRPC client reads them.</summary>
    public async Task<string> ChangesAsJsonAsync()
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(stand.Server.Http, $"/v1/tenants/{tenant}/changes"));
        request.Headers.Authorization = new("Bearer", await TestTokens.ForTenantAsync(tenant));
        using var response = await http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }
}
