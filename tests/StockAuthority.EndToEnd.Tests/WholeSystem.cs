using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Grpc.Net.Client;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;
using StockAuthority.Testing.Redis;
using Xunit;

namespace StockAuthority.EndToEnd.Tests;

/// <summary>Every process of the system, configured as <c>./dev up</c> does it, on ports of its own.</summary>
public sealed class WholeSystem : IAsyncLifetime
{
    public const string Tenant = "demo";
    public const string Location = "store-1";

    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    private readonly string _squareToken = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private readonly TestPostgres _postgres = new();
    private readonly List<ChildProcess> _children = [];
    private readonly List<IAsyncDisposable> _resources = [];
    private readonly HttpClient _http = new();
    private ServerProcess? _server;
    private GrpcChannel? _channel;
    private IntakeProcess? _intake;
    private Uri? _simulator;
    private ChildProgram? _posProgram;
    private ChildProcess? _pos;

    /// <summary>The point-of-sale connector's database.</summary>
    public TestDatabase Tills { get; private set; } = null!;

    public SquareWebhook Webhook { get; private set; } = null!;

    public HttpClient Http => _http;

    /// <summary>What stands in for Square.</summary>
    public Uri Simulator => _simulator!;

    public ServerProcess Server => _server!;

    public InventoryService.InventoryServiceClient Inventory => new(_channel!);

    public PaymentEventService.PaymentEventServiceClient Payments => new(_channel!);

    public ChangeFeedService.ChangeFeedServiceClient Feed => new(_channel!);

    public ExceptionService.ExceptionServiceClient Exceptions => new(_channel!);

    /// <summary>The authority's address, and a token for the tenant.</summary>
    public async Task<(Uri Address, string Token)> CallerAsync() => (_server!.Grpc, await TestTokens.ForTenantAsync(Tenant));

    public async ValueTask InitializeAsync()
    {
        var ledger = await _postgres.CreateDatabaseAsync();
        var inbox = await _postgres.CreateDatabaseAsync();
        var redis = await GarnetRedis.CreateAsync();
        _server = await ServerProcess.StartAsync(ledger.ConnectionString, redis.Endpoint);
        _channel = await _server.ChannelAsync();
        await SeedAsync();
        _intake = await IntakeProcess.StartAsync(inbox.ConnectionString, _server.Grpc, Tenant);
        _resources.AddRange([_intake, _server, redis, ledger, inbox]);

        var tills = await _postgres.CreateDatabaseAsync();
        _resources.Add(tills);
        Tills = tills;
        var posPort = Ports.Free();
        Webhook = new SquareWebhook(new Uri(Services.Loopback(posPort), SquareWebhook.Path), RandomNumberGenerator.GetHexString(32, lowercase: true));
        var simulatorPort = Ports.Free();
        _simulator = Services.Loopback(simulatorPort);
        var checkout = TestWorkspace.Checkout;
        await StartAsync(Services.Simulator(checkout, await TestWorkspace.NewLogFileAsync("simulator"), simulatorPort, _squareToken, squareWebhook: Webhook));
        var pos = Services.Pos(
            checkout, await TestWorkspace.NewLogFileAsync("pos"), posPort, _server.Grpc, await TestTokens.FileAsync(Tenant), Tenant, _simulator, _squareToken, tills.ConnectionString, Webhook);
        _posProgram = pos with
        {
            Environment = new Dictionary<string, string>(pos.Environment, StringComparer.Ordinal)
            {
                ["Square__Incoming__PollInterval"] = "00:00:02",
                ["Square__Incoming__Pause"] = "00:00:00.100",
                ["Square__Incoming__RefusedInterval"] = "00:00:02",
            },
        };
        _pos = await TestWorkspace.StartAsync(_posProgram);
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillPosAsync()
    {
        await _pos!.KillAsync();
        await TestWorkspace.StopAsync(_pos, StopGrace);
        await _pos.DisposeAsync();
        _pos = null;
    }

    public async Task StartPosAsync() => _pos = await TestWorkspace.StartAsync(_posProgram!);

    public async ValueTask DisposeAsync()
    {
        if (_pos is not null)
        {
            _children.Add(_pos);
        }

        _children.Reverse();
        foreach (var child in _children)
        {
            await TestWorkspace.StopAsync(child, StopGrace);
            await child.DisposeAsync();
        }

        _channel?.Dispose();
        foreach (var resource in _resources)
        {
            await resource.DisposeAsync();
        }

        _http.Dispose();
        await _postgres.DisposeAsync();
    }

    /// <summary>A SKU with this many units, which no other test uses.</summary>
    public async Task<string> OpenAsync(long units)
    {
        var sku = "sku-" + Guid.NewGuid().ToString("N");
        await Inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = Tenant,
            IdempotencyKey = "opening:" + sku,
            DocumentRef = "opening",
            Reason = AdjustmentReason.OpeningBalance,
            Lines = { new StockLine { Sku = sku, LocationId = Location, Quantity = units } },
        });
        return sku;
    }

    public async Task<StockLevel> LevelAsync(string sku) => (await Inventory.GetAvailabilityAsync(new GetAvailabilityRequest
    {
        TenantId = Tenant,
        Consistency = ReadConsistency.Strong,
        Keys = { new AvailabilityKey { Sku = sku, LocationId = Location } },
    })).Availabilities[0].Level;

    public async Task<IReadOnlyList<RecordedPaymentEvent>> EventsAsync(string paymentObjectId) =>
        (await Payments.ListPaymentEventsAsync(new ListPaymentEventsRequest { TenantId = Tenant, PaymentObjectId = paymentObjectId })).PaymentEvents;

    /// <summary>Sends a webhook with Stripe's signature over these very bytes.</summary>
    public Task<HttpResponseMessage> WebhookAsync(string body) => WebhookAsync(body, _intake!.StripeSecret);

    public async Task<HttpResponseMessage> WebhookAsync(string body, string secret)
    {
        var time = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var signed = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{time}.{body}"));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_intake!.Address, $"/webhooks/stripe/{Tenant}"))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add(
            "Stripe-Signature",
            string.Create(CultureInfo.InvariantCulture, $"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed))}"));
        return await _http.SendAsync(request);
    }

    /// <summary>Sends an item of Adyen's with its signature over the eight signed fields.</summary>
    public async Task<HttpResponseMessage> AdyenWebhookAsync(string eventCode, string reference, string originalReference, string orderRef, long value)
    {
        var signed = string.Create(CultureInfo.InvariantCulture, $"{reference}:{originalReference}:{Services.AdyenMerchantAccount}:{orderRef}:{value}:EUR:{eventCode}:true");
        var item = new
        {
            additionalData = new { hmacSignature = Convert.ToBase64String(HMACSHA256.HashData(Convert.FromHexString(_intake!.AdyenKey), Encoding.UTF8.GetBytes(signed))) },
            amount = new { currency = "EUR", value },
            eventCode,
            eventDate = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture),
            merchantAccountCode = Services.AdyenMerchantAccount,
            merchantReference = orderRef,
            originalReference,
            pspReference = reference,
            success = "true",
        };
        var body = System.Text.Json.JsonSerializer.Serialize(new { live = "false", notificationItems = new[] { new { NotificationRequestItem = item } } });
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _http.PostAsync(new Uri(_intake!.Address, $"/webhooks/adyen/{Tenant}"), content);
    }

    /// <summary>What the point of sale shows, by Square's published interface; empty before it heard of the SKU.</summary>
    public async Task<string> PointOfSaleAsync(string sku)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_simulator!, $"/v2/inventory/{sku}?location_ids={Location}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _squareToken);
        request.Headers.Add("Square-Version", Services.SquareVersion);
        using var response = await _http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Asks the stand-in for Square by its published interface.</summary>
    public async Task<HttpResponseMessage> SquareAsync(string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_simulator!, path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _squareToken);
        request.Headers.Add("Square-Version", Services.SquareVersion);
        return await _http.SendAsync(request);
    }

    private async Task StartAsync(ChildProgram program) => _children.Add(await TestWorkspace.StartAsync(program));

    private async Task SeedAsync()
    {
        var catalogue = new CatalogueService.CatalogueServiceClient(_channel!);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = Tenant });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = Location });
    }
}
