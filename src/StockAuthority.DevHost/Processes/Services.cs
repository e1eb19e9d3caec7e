namespace StockAuthority.DevHost.Processes;

/// <summary>How each process of the system is started and configured; the same for <c>./dev up</c> and for tests.</summary>
public static class Services
{
    /// <summary>Under this name the point-of-sale connector acknowledges what it has pushed.</summary>
    public const string PosConsumer = "pos-square";

    /// <summary>Under this name the ERP connector acknowledges what it has booked.</summary>
    public const string ErpConsumer = "erp-tryton";

    /// <summary>Under this name the webhook connector acknowledges what it has stored for its subscribers.</summary>
    public const string WebhookConsumer = "webhook";

    /// <summary>Under this name the marketplace connector acknowledges what it has pushed.</summary>
    public const string MarketplaceConsumer = "marketplace-shopify";

    /// <summary>Under this name the broker connector acknowledges what RabbitMQ has confirmed.</summary>
    public const string BrokerConsumer = "broker-rabbitmq";

    /// <summary>The version of Square's interface that the connector is written against.</summary>
    public const string SquareVersion = "2025-08-20";

    /// <summary>The merchant account whose Adyen webhooks the tenant's address takes.</summary>
    public const string AdyenMerchantAccount = "DemoECOM";

    /// <summary>
    /// Not Production, where the development issuer is refused; and not Development, whose error page and checks would be
    /// measured by the benchmark and seen by the tests.
    /// </summary>
    private const string EnvironmentName = "Local";

    /// <summary>The authority: gRPC on one port, JSON and health on the other. Its identity settings say whose tokens it accepts.</summary>
    public static ChildProgram Server(Checkout checkout, string logFile, int grpcPort, int httpPort, string postgres, string redis, IReadOnlyDictionary<string, string> identity) => new(
        "server", ServerPath(checkout), logFile)
    {
        Ready = new Uri(Loopback(httpPort), "/health/ready"),
        Environment = new Dictionary<string, string>(identity, StringComparer.Ordinal)
        {
            ["DOTNET_ENVIRONMENT"] = EnvironmentName,
            ["ConnectionStrings__Postgres"] = postgres,
            ["ConnectionStrings__Redis"] = redis,
            ["Kestrel__Endpoints__Grpc__Url"] = Address(grpcPort),
            ["Kestrel__Endpoints__Grpc__Protocols"] = "Http2",
            ["Kestrel__Endpoints__Http__Url"] = Address(httpPort),
            ["Kestrel__Endpoints__Http__Protocols"] = "Http1",
        },
    };

    /// <summary>The webhooks' receiver, with one account of each payment provider for one tenant.</summary>
    public static ChildProgram Intake(Checkout checkout, string logFile, int port, string inbox, Uri authority, string tokenFile, string tenant, string stripeWebhookSecret, string adyenHmacKey) => new(
        "intake", IntakePath(checkout), logFile)
    {
        Ready = new Uri(Loopback(port), "/health/ready"),
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__Inbox"] = inbox,
            ["StockAuthority__Address"] = authority.OriginalString,
            ["StockAuthority__TokenFile"] = tokenFile,
            [$"Stripe__Accounts__{tenant}__TenantId"] = tenant,
            [$"Stripe__Accounts__{tenant}__SigningSecrets__0"] = stripeWebhookSecret,
            [$"Adyen__Accounts__{tenant}__TenantId"] = tenant,
            [$"Adyen__Accounts__{tenant}__MerchantAccount"] = AdyenMerchantAccount,
            [$"Adyen__Accounts__{tenant}__HmacKeys__0"] = adyenHmacKey,
            [$"Adyen__Accounts__{tenant}__ImmediateCapture"] = "true",
            ["Kestrel__Endpoints__Http__Url"] = Address(port),
        },
    };

    /// <summary>Stand-ins for the channels' published interfaces, and a subscriber of webhooks where it has its secret.</summary>
    public static ChildProgram Simulator(Checkout checkout, string logFile, int port, string accessToken, string subscriberSecretFile = "", SquareWebhook? squareWebhook = null) => new(
        "simulator", SimulatorPath(checkout), logFile)
    {
        Ready = new Uri(Loopback(port), "/health/ready"),
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Simulator__AccessToken"] = accessToken,
            ["Simulator__WebhookSecretFile"] = subscriberSecretFile,
            ["Simulator__SquareWebhookUrl"] = squareWebhook?.NotificationUrl.OriginalString ?? "",
            ["Simulator__SquareWebhookKey"] = squareWebhook?.SignatureKey ?? "",
            ["Kestrel__Endpoints__Http__Url"] = Address(port),
        },
    };

    /// <summary>The point-of-sale connector of one tenant, which takes Square's webhooks and keeps what they announce in its database.</summary>
    public static ChildProgram Pos(Checkout checkout, string logFile, int port, Uri authority, string tokenFile, string tenant, Uri square, string accessToken, string database, SquareWebhook webhook) => new(
        "pos", PosPath(checkout), logFile)
    {
        Ready = new Uri(Loopback(port), "/health/ready"),
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["StockAuthority__Address"] = authority.OriginalString,
            ["StockAuthority__TokenFile"] = tokenFile,
            ["Connector__TenantId"] = tenant,
            ["Connector__Consumer"] = PosConsumer,
            ["Channel__CustomerSentence"] = "The tills show the last units that they were told.",
            ["Channel__Owner"] = "store-systems",
            ["Channel__BlocksConfirmation"] = "true",
            ["Channel__InitialRollout"] = "100",
            ["Square__BaseUrl"] = square.OriginalString,
            ["Square__AccessToken"] = accessToken,
            ["Square__Version"] = SquareVersion,
            ["ConnectionStrings__Pos"] = database,
            ["Square__Webhook__NotificationUrl"] = webhook.NotificationUrl.OriginalString,
            ["Square__Webhook__SignatureKeys__0"] = webhook.SignatureKey,
            ["Kestrel__Endpoints__Http__Url"] = Address(port),
        },
    };

    /// <summary>The connector that books in Tryton, as its set-up script has made it.</summary>
    public static ChildProgram Erp(
        Checkout checkout, string logFile, int port, Uri authority, string tokenFile, string tenant, Uri tryton, string database, string password, IEnumerable<string> locations) => new(
        "erp", ErpPath(checkout), logFile)
        {
            Ready = new Uri(Loopback(port), "/health/ready"),
            Environment = new Dictionary<string, string>(
                ErpAccounts.Concat(locations.SelectMany((location, index) => Setting("Locations", index, ("LocationId", location), ("Storage", "STO")))),
                StringComparer.Ordinal)
            {
                ["StockAuthority__Address"] = authority.OriginalString,
                ["StockAuthority__TokenFile"] = tokenFile,
                ["Connector__TenantId"] = tenant,
                ["Connector__Consumer"] = ErpConsumer,
                ["Connector__AttemptTimeout"] = "00:00:30",
                ["Tryton__Address"] = tryton.OriginalString,
                ["Tryton__Database"] = database,
                ["Tryton__User"] = DevHost.Tryton.TrytonServer.User,
                ["Tryton__Password"] = password,
                ["Mapping__Supplier"] = "SUP",
                ["Mapping__Customer"] = "CUS",
                ["Mapping__Adjustment"] = "Lost and Found",
                ["Mapping__Transit"] = "Transit",
                ["Kestrel__Endpoints__Http__Url"] = Address(port),
            },
        };

    /// <summary>The outgoing webhooks of one tenant, with one subscriber on this machine.</summary>
    public static ChildProgram Webhook(Checkout checkout, string logFile, int port, Uri authority, string tokenFile, string tenant, string database, Uri subscriber, string subscriberSecretFile) => new(
        "webhook", WebhookPath(checkout), logFile)
    {
        Ready = new Uri(Loopback(port), "/health/ready"),
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["DOTNET_ENVIRONMENT"] = EnvironmentName,
            ["StockAuthority__Address"] = authority.OriginalString,
            ["StockAuthority__TokenFile"] = tokenFile,
            ["Connector__TenantId"] = tenant,
            ["Connector__Consumer"] = WebhookConsumer,
            ["ConnectionStrings__Webhooks"] = database,
            ["Channel__CustomerSentence"] = "Partners see the last levels that they were told.",
            ["Channel__Owner"] = "partner-integrations",
            ["Channel__InitialRollout"] = "100",
            ["Webhook__AllowPrivateTargets"] = "true",
            ["Webhook__Subscribers__0__Name"] = "sample",
            ["Webhook__Subscribers__0__Url"] = subscriber.AbsoluteUri,
            ["Webhook__Subscribers__0__SecretFile"] = subscriberSecretFile,
            ["Kestrel__Endpoints__Http__Url"] = Address(port),
        },
    };

    /// <summary>The marketplace connector of one tenant.</summary>
    public static ChildProgram Marketplace(Checkout checkout, string logFile, int port, Uri authority, string tokenFile, string tenant, Uri shopify, string accessToken, string mappingFile) => new(
        "marketplace", MarketplacePath(checkout), logFile)
    {
        Ready = new Uri(Loopback(port), "/health/ready"),
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["StockAuthority__Address"] = authority.OriginalString,
            ["StockAuthority__TokenFile"] = tokenFile,
            ["Connector__TenantId"] = tenant,
            ["Connector__Consumer"] = MarketplaceConsumer,
            ["Channel__CustomerSentence"] = "The web shop shows the last units that it was told.",
            ["Channel__Owner"] = "web-shop",
            ["Channel__InitialRollout"] = "100",
            ["Shopify__BaseUrl"] = shopify.OriginalString,
            ["Shopify__AccessToken"] = accessToken,
            ["Shopify__MappingFile"] = mappingFile,
            ["Kestrel__Endpoints__Http__Url"] = Address(port),
        },
    };

    /// <summary>The connector that hands one tenant's feed to an event platform, whose settings are the last argument.</summary>
    public static ChildProgram Broker(
        Checkout checkout, string logFile, int port, Uri authority, string tokenFile, string tenant, IReadOnlyDictionary<string, string> platform) => new(
            "broker", BrokerPath(checkout), logFile)
        {
            Ready = new Uri(Loopback(port), "/health/ready"),
            Environment = new Dictionary<string, string>(platform, StringComparer.Ordinal)
            {
                ["StockAuthority__Address"] = authority.OriginalString,
                ["StockAuthority__TokenFile"] = tokenFile,
                ["Connector__TenantId"] = tenant,
                ["Channel__CustomerSentence"] = "Systems behind the event platform know the last change that they were told.",
                ["Channel__Owner"] = "event-platform",
                ["Channel__InitialRollout"] = "100",
                ["Kestrel__Endpoints__Http__Url"] = Address(port),
            },
        };

    /// <summary>RabbitMQ as the broker connector's platform.</summary>
    public static Dictionary<string, string> RabbitMq(Uri address, string user, string passwordFile) => new(StringComparer.Ordinal)
    {
        ["Broker__Channel"] = "rabbitmq",
        ["Connector__Consumer"] = BrokerConsumer,
        ["RabbitMq__Addresses__0"] = address.OriginalString,
        ["RabbitMq__UserName"] = user,
        ["RabbitMq__PasswordFile"] = passwordFile,
    };

    /// <summary>Business Central, at its simulator's address, as the ERP connector's system.</summary>
    public static Dictionary<string, string> BusinessCentral(Uri simulator, string clientSecret) => new(StringComparer.Ordinal)
    {
        ["Erp__System"] = "business-central",
        ["BusinessCentral__BaseUrl"] = new Uri(simulator, "/v2.0/directory/sandbox/api").AbsoluteUri,
        ["BusinessCentral__TokenUrl"] = new Uri(simulator, "/directory/oauth2/v2.0/token").AbsoluteUri,
        ["BusinessCentral__ClientId"] = "stockauthority",
        ["BusinessCentral__ClientSecret"] = clientSecret,
        ["BusinessCentral__Company"] = "CRONUS",
    };

    /// <summary>For example <c>http://127.0.0.1:7070</c>.</summary>
    public static string Address(int port) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    /// <inheritdoc cref="Address"/>
    public static Uri Loopback(int port) => new(Address(port));

    /// <summary>Throws, naming the first, where a program of the system is not built.</summary>
    public static void RequireBuilt(Checkout checkout)
    {
        foreach (var path in (Func<Checkout, string>[])[ServerPath, IntakePath, SimulatorPath, PosPath, ErpPath, WebhookPath, MarketplacePath, BrokerPath])
        {
            path(checkout);
        }
    }

    private static Dictionary<string, string> ErpAccounts { get; } = new(
        new (string Action, string Debit, string Credit)[]
        {
            ("authorized-exposure", "1010", "2010"), ("exposure-released", "2010", "1010"),
            ("capture-expected", "1200", "4000"), ("capture-reversed", "4000", "1200"),
            ("funds-available", "1800", "1200"),
            ("refund", "4100", "1200"), ("refund-reversed", "1200", "4100"),
            ("dispute", "1210", "1200"), ("dispute-won", "1200", "1210"), ("dispute-lost", "6300", "1210"),
        }.SelectMany((each, index) => Setting("LedgerActions", index, ("Action", each.Action), ("Debit", each.Debit), ("Credit", each.Credit))),
        StringComparer.Ordinal);

    private static IEnumerable<KeyValuePair<string, string>> Setting(string list, int index, params (string Name, string Value)[] values) =>
        values.Select(each => KeyValuePair.Create(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Mapping__{list}__{index}__{each.Name}"), each.Value));

    private static string ErpPath(Checkout checkout) => checkout.Program("connectors/Erp", "StockAuthority.Connectors.Erp");

    private static string ServerPath(Checkout checkout) => checkout.Program("src/StockAuthority.Server", "StockAuthority.Server");

    private static string IntakePath(Checkout checkout) => checkout.Program("src/StockAuthority.Intake", "StockAuthority.Intake");

    private static string SimulatorPath(Checkout checkout) => checkout.Program("connectors/Simulators", "StockAuthority.Connectors.Simulators");

    private static string WebhookPath(Checkout checkout) => checkout.Program("connectors/Webhook", "StockAuthority.Connectors.Webhook");

    private static string MarketplacePath(Checkout checkout) => checkout.Program("connectors/Marketplace", "StockAuthority.Connectors.Marketplace");

    private static string BrokerPath(Checkout checkout) => checkout.Program("connectors/Broker", "StockAuthority.Connectors.Broker");

    private static string PosPath(Checkout checkout) => checkout.Program("connectors/Pos", "StockAuthority.Connectors.Pos");
}
