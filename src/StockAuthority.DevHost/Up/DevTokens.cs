using StockAuthority.DevHost.Identity;
using StockAuthority.DevHost.Processes;

namespace StockAuthority.DevHost.Up;

/// <summary>This run's tokens, each for one caller with no more than it needs.</summary>
internal sealed class DevTokens
{
    private readonly string _folder;
    private readonly DevelopmentIssuer _issuer;

    public DevTokens(Checkout checkout, DevelopmentIssuer issuer)
    {
        _folder = Path.Combine(checkout.Dev, "tokens");
        _issuer = issuer;
        PrivateFile.CreateFolder(_folder);
        Demo = issuer.Token("developer", Up.Seed.Tenant);
        PrivateFile.Write(Path.Combine(_folder, "demo.token"), Demo);
        Seed = issuer.Token("seed", DevelopmentIssuer.AllTenants);
        IntakeFile = Issue("intake", DevelopmentIssuer.AllTenants, "payments.apply");
        ErpFile = Issue(Services.ErpConsumer, Up.Seed.Tenant, "feed.read operations.read operations.report");
        PosFile = Issue(Services.PosConsumer, Up.Seed.Tenant, "feed.read stock.read stock.adjust operations.report");
        WebhookFile = Issue(Services.WebhookConsumer, Up.Seed.Tenant, "feed.read stock.read operations.report");
        MarketplaceFile = Issue(Services.MarketplaceConsumer, Up.Seed.Tenant, "feed.read stock.read operations.report");
        BrokerFile = Issue(Services.BrokerConsumer, Up.Seed.Tenant, "feed.read operations.report");
    }

    /// <summary>For people and their programs.</summary>
    public string Demo { get; }

    /// <summary>Registers tenants.</summary>
    public string Seed { get; }

    public string IntakeFile { get; }

    public string PosFile { get; }

    public string ErpFile { get; }

    public string WebhookFile { get; }

    public string MarketplaceFile { get; }

    public string BrokerFile { get; }

    private string Issue(string subject, string tenant, string scopes)
    {
        var path = Path.Combine(_folder, subject + ".token");
        PrivateFile.Write(path, _issuer.Token(subject, tenant, scopes: scopes));
        return path;
    }
}
