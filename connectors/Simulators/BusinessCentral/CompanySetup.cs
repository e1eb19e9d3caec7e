namespace StockAuthority.Connectors.Simulators.BusinessCentral;

/// <summary>What people have set up in the company; PUT /simulator/business-central replaces it. It begins without anything but its name.</summary>
internal sealed record CompanySetup
{
    public string Name { get; set; } = "CRONUS";

    /// <summary>The code of the currency that it keeps its books in.</summary>
    public string CurrencyCode { get; set; } = "EUR";

    /// <summary>Numbers of accounts of type Posting with direct posting.</summary>
    public IReadOnlyList<string> Accounts { get; set; } = [];

    public IReadOnlyList<string> Items { get; set; } = [];

    /// <summary>Codes.</summary>
    public IReadOnlyList<string> Locations { get; set; } = [];

    /// <summary>Accounts that are there and blocked: whoever posts to one is refused when posting.</summary>
    public IReadOnlyList<string> BlockedAccounts { get; set; } = [];

    /// <summary>Items that are there and blocked.</summary>
    public IReadOnlyList<string> BlockedItems { get; set; } = [];

    /// <summary>Whether the extension that publishes item journals is installed.</summary>
    public bool HasExtension { get; set; } = true;

    /// <summary>Entities of one page.</summary>
    public int PageSize { get; set; } = 20_000;
}
