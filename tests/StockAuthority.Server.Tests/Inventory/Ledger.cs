using System.Globalization;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>One authority without a cache, for the tests of a class; each test uses SKUs of its own.</summary>
public class Ledger(TestPostgres databases) : IAsyncLifetime
{
    public const string Tenant = "acme";
    public const string Location = "berlin";

    public const string NoRedis = TestAuthority.NoRedis;

    private static int _names;

    private TestAuthority? _authority;

    public TestDatabase Database => _authority!.Database;

    public ServerProcess Server => _authority!.Server;

    public GrpcChannel Channel => _authority!.Channel;

    public InventoryService.InventoryServiceClient Inventory => new(Channel);

    public PaymentEventService.PaymentEventServiceClient Payments => new(Channel);

    /// <summary>The server's own, by environment.</summary>
    protected virtual IReadOnlyDictionary<string, string>? Settings => null;

    public async ValueTask InitializeAsync()
    {
        _authority = await TestAuthority.StartAsync(databases, Settings);
        await RegisterAsync(Channel);
    }

    public async ValueTask DisposeAsync()
    {
        if (_authority is not null)
        {
            await _authority.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    public static async Task RegisterAsync(GrpcChannel channel)
    {
        var catalogue = new CatalogueService.CatalogueServiceClient(channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = Tenant });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = Location });
    }

    /// <summary>A name that no other test uses.</summary>
    public static string New(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{Interlocked.Increment(ref _names)}");

    public static async Task<string> OpenAsync(InventoryService.InventoryServiceClient inventory, long units)
    {
        var sku = New("sku");
        await inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("opening"),
            DocumentRef = "opening",
            Reason = AdjustmentReason.OpeningBalance,
            Lines = { Line(sku, units) },
        });
        return sku;
    }

    public Task<string> OpenAsync(long units) => OpenAsync(Inventory, units);

    public static StockLine Line(string sku, long quantity) => new() { Sku = sku, LocationId = Location, Quantity = quantity };

    public static ReserveRequest Reserve(string sku, long quantity, string? key = null, string? order = null) => new()
    {
        TenantId = Tenant,
        IdempotencyKey = key ?? New("key"),
        OrderRef = order ?? New("order"),
        Lines = { Line(sku, quantity) },
    };

    public static CommitRequest Commit(Reservation reservation, StockLine line) =>
        new() { TenantId = Tenant, IdempotencyKey = New("key"), ReservationId = reservation.ReservationId, Lines = { line } };

    public static ReleaseRequest Release(Reservation reservation, StockLine line) =>
        new() { TenantId = Tenant, IdempotencyKey = New("key"), ReservationId = reservation.ReservationId, Lines = { line } };

    public static FulfillRequest Fulfill(Reservation reservation, StockLine line) =>
        new() { TenantId = Tenant, IdempotencyKey = New("key"), ReservationId = reservation.ReservationId, Lines = { line } };

    public Task<StockLevel> LevelAsync(string sku) => LevelAsync(Inventory, sku);

    public static async Task<StockLevel> LevelAsync(InventoryService.InventoryServiceClient inventory, string sku)
    {
        var response = await inventory.GetAvailabilityAsync(new GetAvailabilityRequest
        {
            TenantId = Tenant,
            Keys = { new AvailabilityKey { Sku = sku, LocationId = Location } },
            Consistency = ReadConsistency.Strong,
        });
        return response.Availabilities[0].Level;
    }

    public async Task<Reservation> ReservationAsync(string reservationId) =>
        (await Inventory.GetReservationAsync(new GetReservationRequest { TenantId = Tenant, ReservationId = reservationId })).Reservation;

    /// <summary>The status that a call must fail with, and its reason.</summary>
    public static async Task<(StatusCode Code, ErrorInfo Info, Google.Rpc.Status Status)> RefusalAsync<T>(AsyncUnaryCall<T> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        var status = error.GetRpcStatus();
        Assert.NotNull(status);
        var info = status.GetDetail<ErrorInfo>();
        Assert.NotNull(info);
        return (error.StatusCode, info, status);
    }
}
