using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Net.Client;
using StockAuthority.Inventory.V1;
using StockAuthority.MatrixFile;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;

namespace StockAuthority.Server.Tests.Payments;

/// <summary>An authority that starts with a trigger matrix of the test's choice.</summary>
internal sealed class MatrixServer : IAsyncDisposable
{
    private static int _files;

    private readonly TestDatabase _database;
    private readonly ServerProcess _server;
    private readonly GrpcChannel _channel;

    private MatrixServer(TestDatabase database, ServerProcess server, GrpcChannel channel)
    {
        _database = database;
        _server = server;
        _channel = channel;
    }

    public InventoryService.InventoryServiceClient Inventory => new(_channel);

    public PaymentEventService.PaymentEventServiceClient Payments => new(_channel);

    public CatalogueService.CatalogueServiceClient Catalogue => new(_channel);

    public static string Shipped(string file) => Path.Combine(AppContext.BaseDirectory, "config", file);

    /// <summary>The preset that reserves on authorization without its signatures, and with more after it.</summary>
    public static string Draft(string more)
    {
        var text = File.ReadAllText(Shipped("presets/reserve-on-authorization.yaml"));
        return text[..text.IndexOf("sign_off:", StringComparison.Ordinal)] + more;
    }

    /// <summary>A file with this text, signed by two people.</summary>
    public static async Task<string> SignedAsync(string draft)
    {
        var text = TriggerMatrixText.Parse(draft);
        return text.Problems.IsEmpty
            ? await FileAsync(text.Signed(SignatoryRole.Engineering, "E", DateTimeOffset.UnixEpoch).Signed(SignatoryRole.Finance, "F", DateTimeOffset.UnixEpoch).Text)
            : throw new InvalidOperationException(string.Join('\n', text.Problems));
    }

    public static async Task<string> FileAsync(string text)
    {
        var path = Path.Combine(await TestWorkspace.FolderAsync(), string.Create(CultureInfo.InvariantCulture, $"matrix-{Interlocked.Increment(ref _files)}.yaml"));
        await File.WriteAllTextAsync(path, text);
        return path;
    }

    public static async Task<MatrixServer> StartAsync(TestPostgres databases, string path)
    {
        var database = await databases.CreateDatabaseAsync();
        var server = await ServerProcess.StartAsync(database.ConnectionString, Ledger.NoRedis, new Dictionary<string, string> { ["TriggerMatrix__Path"] = path });
        var channel = await server.ChannelAsync();
        await Ledger.RegisterAsync(channel);
        return new MatrixServer(database, server, channel);
    }

    public Task<string> OpenAsync(long units) => Ledger.OpenAsync(Inventory, units);

    public async Task<(long Available, long Reserved, long Committed)> LevelAsync(string sku)
    {
        var level = await Ledger.LevelAsync(Inventory, sku);
        return (level.Available, level.Reserved, level.Committed);
    }

    public async Task<(Resolution Resolution, string Reason)> ApplyAsync(PaymentEvent paymentEvent, string tenant = Ledger.Tenant)
    {
        var response = await Payments.ApplyPaymentEventAsync(new ApplyPaymentEventRequest { TenantId = tenant, IdempotencyKey = Ledger.New("delivery"), Event = paymentEvent });
        return (response.Resolution, response.Reason);
    }

    public async Task<IReadOnlyList<RecordedPaymentEvent>> ListAsync(string payment) =>
        (await Payments.ListPaymentEventsAsync(new ListPaymentEventsRequest { TenantId = Ledger.Tenant, PaymentObjectId = payment })).PaymentEvents;

    public static PaymentEvent Event(PaymentEventType type, string payment, string order, DateTimeOffset? occurredAt = null, params StockLine[] lines) => new()
    {
        EventType = type,
        Provider = "stripe",
        Account = "test",
        ProviderEventId = Ledger.New("evt"),
        PaymentObjectId = payment,
        ModificationRef = payment,
        OrderRef = order,
        FullAmount = true,
        OccurTime = Timestamp.FromDateTimeOffset(occurredAt ?? TimeProvider.System.GetUtcNow()),
        SchemaVersion = 2,
        Lines = { lines },
    };

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
        await _database.DisposeAsync();
    }
}
