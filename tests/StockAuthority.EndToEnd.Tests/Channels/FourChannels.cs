using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Client;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.EndToEnd.Tests.Channels;

/// <summary>
/// The authority, and the connectors of a point of sale, a shop, a subscriber of webhooks and an ERP, all as processes that can be killed.
/// Each channel has a simulator of its own, so that each has its own faults.
/// </summary>
public sealed class FourChannels : IAsyncLifetime
{
    /// <summary>Square, by the point-of-sale connector.</summary>
    public const string Square = "square";

    /// <summary>Shopify, by the marketplace connector.</summary>
    public const string Shopify = "shopify";

    /// <summary>A subscriber of outgoing webhooks.</summary>
    public const string Webhook = "webhook";

    /// <summary>Business Central, by the ERP connector.</summary>
    public const string Erp = "erp";

    public const string Tenant = "demo";
    public const string Location = "store-1";

    private readonly TestPostgres _postgres = new();
    private readonly List<IAsyncDisposable> _resources = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly string _token = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private readonly string _folder = Directory.CreateTempSubdirectory("stockauthority-channels-").FullName;
    private readonly int _shopRestoreRate;
    private readonly Dictionary<string, ChildProgram> _programs = new(StringComparer.Ordinal);
    private TestAuthority? _authority;

    public FourChannels()
        : this(200, 1000, All)
    {
    }

    /// <param name="skus">How many there are.</param>
    /// <param name="shopRestoreRate">Points that the shop allows in a second; a call costs 10.</param>
    /// <param name="channels">Which of them there are.</param>
    internal FourChannels(int skus, int shopRestoreRate, IReadOnlyList<string> channels)
    {
        (_shopRestoreRate, Channels) = (shopRestoreRate, channels);
        Skus = [.. Enumerable.Range(1, skus).Select(number => string.Create(CultureInfo.InvariantCulture, $"ITEM-{number}"))];
        Shown = new ShownByChannels(this, _http, _token);
    }

    public static IReadOnlyList<string> All { get; } = [Square, Shopify, Webhook, Erp];

    /// <summary>Whether the subscriber wants only the last SKU and is told of nothing else.</summary>
    internal bool SubscribesOnlyLast { get; init; }

    /// <summary>Those that there are.</summary>
    public IReadOnlyList<string> Channels { get; }

    /// <summary><c>ITEM-1</c> and so on. Each channel knows them all.</summary>
    public IReadOnlyList<string> Skus { get; }

    public ServerProcess Server => _authority!.Server;

    /// <summary>The ledger's connection string.</summary>
    public string Ledger => _authority!.Database.ConnectionString;

    public StockAuthorityClient Client { get; private set; } = null!;

    public InventoryService.InventoryServiceClient Inventory => new(_authority!.Channel);

    public ChangeFeedService.ChangeFeedServiceClient Feed => new(_authority!.Channel);

    public ChannelService.ChannelServiceClient Registered => new(_authority!.Channel);

    public Operations.V1.ExceptionService.ExceptionServiceClient Exceptions => new(_authority!.Channel);

    public Operations.V1.PostingService.PostingServiceClient Postings => new(_authority!.Channel);

    /// <summary>What the channels show and have booked.</summary>
    internal ShownByChannels Shown { get; }

    /// <summary>By channel; all run.</summary>
    internal Dictionary<string, KillableProcess> Connectors { get; } = new(StringComparer.Ordinal);

    /// <summary>By channel.</summary>
    internal Dictionary<string, Uri> Simulators { get; } = new(StringComparer.Ordinal);

    public async ValueTask InitializeAsync()
    {
        _authority = await TestAuthority.StartAsync(_postgres);
        _resources.Add(_authority);
        Client = new StockAuthorityClient(_authority.Channel, new StockAuthorityClientOptions { Address = Server.Grpc, Tenant = Tenant });
        var catalogue = new CatalogueService.CatalogueServiceClient(_authority.Channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = Tenant });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = Location });
        await Task.WhenAll(Channels.Select(StartAsync));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connector in Connectors.Values)
        {
            await connector.DisposeAsync();
        }

        foreach (var resource in Enumerable.Reverse(_resources))
        {
            await resource.DisposeAsync();
        }

        _http.Dispose();
        await _postgres.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Under which name the channel is known to the authority.</summary>
    public static string ConsumerOf(string channel) => channel switch
    {
        Square => Services.PosConsumer,
        Shopify => Services.MarketplaceConsumer,
        Webhook => Services.WebhookConsumer,
        _ => Services.ErpConsumer,
    };

    /// <summary>The channel as the authority keeps it.</summary>
    internal async Task<RegisteredChannel> ChannelAsync(string channel) =>
        (await Registered.GetChannelAsync(new GetChannelRequest { TenantId = Tenant, ChannelId = ConsumerOf(channel) })).Channel;

    /// <summary>What the channel's simulator does from now on.</summary>
    internal async Task FaultAsync(string channel, string fault)
    {
        using var content = new StringContent(fault, Encoding.UTF8, "application/json");
        using var response = await _http.PutAsync(new Uri(Simulators[channel], "/simulator/faults"), content);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Nothing goes wrong any more.</summary>
    internal async Task EndFaultsAsync()
    {
        foreach (var channel in Channels)
        {
            await FaultAsync(channel, ChannelFaults.None);
        }
    }

    /// <summary>Returns once the channel has acknowledged all that there is.</summary>
    internal Task DeliveredAsync(string channel, TimeSpan? bound = null) => Eventually.Holds(
        async () => await ChannelAsync(channel) is var state && state.AcknowledgedSequence == state.HeadSequence, bound, $"{channel} has acknowledged all");

    /// <summary>Starts another instance of the channel's connector beside the one that there is, and has it be the channel's from now on.</summary>
    /// <returns>The one that there was, which is the caller's to end.</returns>
    internal async Task<KillableProcess> ReplaceAsync(string channel)
    {
        var earlier = Connectors[channel];
        var program = With(_programs[channel], ("Kestrel__Endpoints__Http__Url", Services.Address(Ports.Free())));
        Connectors[channel] = new KillableProcess(program with { LogFile = await TestWorkspace.NewLogFileAsync(channel) });
        await Connectors[channel].StartUnreadyAsync();
        return earlier;
    }

    /// <summary>Every level of these as the authority has it, from its database.</summary>
    internal async Task<Dictionary<string, long>> LevelsAsync(IEnumerable<string> skus)
    {
        var levels = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var chunk in skus.Chunk(500))
        {
            var answer = await Inventory.GetAvailabilityAsync(new GetAvailabilityRequest
            {
                TenantId = Tenant,
                Consistency = ReadConsistency.Strong,
                Keys = { chunk.Select(sku => new AvailabilityKey { Sku = sku, LocationId = Location }) },
            });
            foreach (var availability in answer.Availabilities)
            {
                levels[availability.Level.Sku] = availability.Level.Available;
            }
        }

        return levels;
    }

    /// <summary>Adds units to each, many in a call, and keeps asking until all are there.</summary>
    internal async Task ReceiveAsync(string key, long units, IEnumerable<string> skus)
    {
        foreach (var (index, chunk) in skus.Chunk(200).Index())
        {
            AdjustOutcome outcome;
            do
            {
                outcome = await Client.AdjustAsync(
                    IdempotencyKey.For(key, index.ToString(CultureInfo.InvariantCulture)),
                    new AdjustRequest
                    {
                        DocumentRef = key,
                        Reason = AdjustmentReason.Receipt,
                        Lines = { chunk.Select(sku => new StockLine { Sku = sku, LocationId = Location, Quantity = units }) },
                    });
            }
            while (outcome is AdjustOutcome.Unknown);
            if (outcome is not AdjustOutcome.Adjusted)
            {
                throw new InvalidOperationException($"A receipt was refused: {outcome}");
            }
        }
    }

    private async Task StartAsync(string channel)
    {
        var address = Simulators[channel] = Services.Loopback(Ports.Free());
        var webhook = new SquareWebhook(new Uri(Services.Loopback(Ports.Free()), SquareWebhook.Path), RandomNumberGenerator.GetHexString(32, lowercase: true));
        var secretFile = Path.Combine(_folder, "webhook.secret");
        if (channel == Webhook)
        {
            await File.WriteAllTextAsync(secretFile, "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        }

        var checkout = TestWorkspace.Checkout;
        var simulator = new KillableProcess(With(
            Services.Simulator(
                checkout, await TestWorkspace.NewLogFileAsync($"{channel}-simulator"), address.Port, _token, channel == Webhook ? secretFile : "", channel == Square ? webhook : null),
            ("Simulator__ShopifyRestoreRate", _shopRestoreRate.ToString(CultureInfo.InvariantCulture))));
        _resources.Add(simulator);
        await simulator.StartAsync();
        if (channel == Erp)
        {
            await PutAsync("business-central", new { currency_code = "EUR", accounts = (string[])["1010", "1200", "1210", "1800", "2010", "4000", "4100", "6300"], items = Skus, locations = (string[])["MAIN", "TRANSIT"] });
        }

        var (log, tokenFile) = (await TestWorkspace.NewLogFileAsync(channel), await TestTokens.FileAsync(Tenant));
        var program = channel switch
        {
            Square => Services.Pos(checkout, log, webhook.NotificationUrl.Port, Server.Grpc, tokenFile, Tenant, address, _token, await DatabaseAsync(), webhook),
            Shopify => Services.Marketplace(checkout, log, Ports.Free(), Server.Grpc, tokenFile, Tenant, address, _token, await MappingAsync()),
            Webhook => With(
                Services.Webhook(checkout, log, Ports.Free(), Server.Grpc, tokenFile, Tenant, await DatabaseAsync(), new Uri(address, "/sample-subscriber"), secretFile),
                ("Webhook__Subscribers__0__SkuPrefixes__0", SubscribesOnlyLast ? Skus[^1] : "")),
            _ => With(
                Services.Erp(checkout, log, Ports.Free(), Server.Grpc, tokenFile, Tenant, address, "", "", [Location]),
                [
                    .. Services.BusinessCentral(address, _token).Select(setting => (setting.Key, setting.Value)),
                    ("Mapping__Supplier", "Purchase"), ("Mapping__Customer", "Sale"), ("Mapping__Adjustment", "Adjustment"), ("Mapping__Transit", "TRANSIT"),
                    ("Mapping__Locations__0__Storage", "MAIN"),

                    // A simulator posts at once; by default a call may take as long as an ERP may need.
                    ("Connector__AttemptTimeout", "00:00:05"), ("Connector__LeaseTime", "00:00:15"),
                ]),
        };

        // All else is as it is shipped: what is promised is promised of that.
        _programs[channel] = With(program, ("Connector__ReportInterval", "00:00:01"));
        var connector = Connectors[channel] = new KillableProcess(_programs[channel]);
        await connector.StartAsync();

        async Task PutAsync(string what, object body) => (await _http.PutAsJsonAsync(new Uri(address, $"/simulator/{what}"), body)).EnsureSuccessStatusCode();
    }

    private async Task<string> DatabaseAsync()
    {
        var database = await _postgres.CreateDatabaseAsync();
        _resources.Add(database);
        return database.ConnectionString;
    }

    private async Task<string> MappingAsync()
    {
        var file = Path.Combine(_folder, "shopify.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new
        {
            inventory_items = Skus.ToDictionary(sku => sku, ShownByChannels.ShopItem),
            locations = new Dictionary<string, string> { [Location] = ShownByChannels.ShopLocation },
        }));
        return file;
    }

    private static ChildProgram With(ChildProgram program, params (string Name, string Value)[] settings) =>
        program.With(settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value)));
}
