using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Cli.Tests;

/// <summary>One authority for the tests of a class. Each test has a tenant of its own, so that none sees another's damage.</summary>
public sealed class Shop(TestPostgres databases) : IAsyncLifetime
{
    public const string Location = "berlin";
    public const string Mug = "mug";
    public const string Tea = "tea";

    private static int _names;

    private TestAuthority? _authority;

    public TestDatabase Database => _authority!.Database;

    public ServerProcess Server => _authority!.Server;

    public InventoryService.InventoryServiceClient Inventory => new(_authority!.Channel);

    public PaymentEventService.PaymentEventServiceClient Payments => new(_authority!.Channel);

    public ChangeFeedService.ChangeFeedServiceClient Feed => new(_authority!.Channel);

    public ChannelService.ChannelServiceClient Channels => new(_authority!.Channel);

    public async ValueTask InitializeAsync() => _authority = await TestAuthority.StartAsync(databases);

    public async ValueTask DisposeAsync()
    {
        if (_authority is not null)
        {
            await _authority.DisposeAsync();
        }
    }

    /// <summary>Ends the server and every connection; the database stays.</summary>
    public async Task StopAsync()
    {
        _authority!.Channel.Dispose();
        await Server.DisposeAsync();
        await Database.DataSource.DisposeAsync();
    }

    public static string New(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{Interlocked.Increment(ref _names)}");

    public static StockLine Line(string sku, long quantity) => new() { Sku = sku, LocationId = Location, Quantity = quantity };

    private CatalogueService.CatalogueServiceClient Catalogue => new(_authority!.Channel);

    /// <summary>A tenant with 100 mugs and 100 teas: sequences 1 and 2.</summary>
    public async Task<string> OpenAsync()
    {
        var tenant = New("tenant");
        await Catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant });
        await PutLocationAsync(tenant, Location);
        await AdjustAsync(tenant, AdjustmentReason.OpeningBalance, Line(Mug, 100), Line(Tea, 100));
        return tenant;
    }

    public Task PutLocationAsync(string tenant, string location) =>
        Catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = location }).ResponseAsync;

    /// <summary>A tenant with every kind of movement: opened, reserved, committed, fulfilled, released, oversold, received, paid by an event.</summary>
    public async Task<string> TradeAsync()
    {
        var tenant = await OpenAsync();
        var sold = await ReserveAsync(tenant, null, Line(Mug, 2), Line(Tea, 1));
        await Inventory.CommitAsync(new CommitRequest { TenantId = tenant, IdempotencyKey = New("key"), ReservationId = sold, Lines = { Line(Mug, 2) } });
        await Inventory.FulfillAsync(new FulfillRequest { TenantId = tenant, IdempotencyKey = New("key"), ReservationId = sold, Lines = { Line(Mug, 1) } });
        await Inventory.ReleaseAsync(new ReleaseRequest { TenantId = tenant, IdempotencyKey = New("key"), ReservationId = sold, Lines = { Line(Tea, 1) } });
        await AdjustAsync(tenant, AdjustmentReason.Sale, Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000)), Line(Tea, -103));
        await AdjustAsync(tenant, AdjustmentReason.Receipt, Line(Tea, 10));
        await CaptureAsync(tenant, New("order"), Line(Mug, 3));
        await ReserveAsync(tenant, null, Line(Mug, 5), Line(Tea, 2));
        return tenant;
    }

    public Task AdjustAsync(string tenant, AdjustmentReason reason, params StockLine[] lines) => AdjustAsync(tenant, reason, null, lines);

    public Task AdjustAsync(string tenant, AdjustmentReason reason, Timestamp? occurTime, params StockLine[] lines) => Inventory.AdjustAsync(new AdjustRequest
    {
        TenantId = tenant,
        IdempotencyKey = New("key"),
        DocumentRef = New("document"),
        Reason = reason,
        Lines = { lines },
        OccurTime = occurTime,
    }).ResponseAsync;

    public async Task<string> ReserveAsync(string tenant, string? order, params StockLine[] lines) =>
        (await Inventory.ReserveAsync(Reserve(tenant, order, lines))).Reservation.ReservationId;

    public static ReserveRequest Reserve(string tenant, string? order, params StockLine[] lines) =>
        new() { TenantId = tenant, IdempotencyKey = New("key"), OrderRef = order ?? New("order"), Lines = { lines } };

    public Task CaptureAsync(string tenant, string order, params StockLine[] lines) => Payments.ApplyPaymentEventAsync(new ApplyPaymentEventRequest
    {
        TenantId = tenant,
        IdempotencyKey = New("delivery"),
        Event = new PaymentEvent
        {
            EventType = PaymentEventType.CaptureSucceeded,
            Provider = "stripe",
            Account = "test",
            ProviderEventId = New("evt"),
            PaymentObjectId = New("pi"),
            OrderRef = order,
            Lines = { lines },
            FullAmount = true,
            OccurTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000)),
            SchemaVersion = 1,
        },
    }).ResponseAsync;

    /// <summary>Changes rows behind the server's back. The tenant is parameter 1.</summary>
    public async Task TamperAsync(string tenant, string sql)
    {
        await using var source = NpgsqlDataSource.Create(Database.SuperuserConnectionString);
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        if (await command.ExecuteNonQueryAsync() == 0)
        {
            throw new InvalidOperationException($"Nothing was tampered with: {sql}");
        }
    }

    public async Task<T> ReadAsync<T>(string tenant, string sql)
    {
        await using var command = Database.DataSource.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
