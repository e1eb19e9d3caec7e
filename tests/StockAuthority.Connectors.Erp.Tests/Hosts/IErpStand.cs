using StockAuthority.DevHost.Processes;

namespace StockAuthority.Connectors.Erp.Tests.Hosts;

/// <summary>Goods as an ERP has booked them.</summary>
internal sealed record BookedGoods(string Origin, string Document, double Quantity, string From, string To);

/// <summary>A ledger action as an ERP has booked it.</summary>
internal sealed record BookedAmount(string Origin, string Document, decimal Debit, decimal Credit);

/// <summary>What an ERP calls its places.</summary>
internal sealed record ErpPlaces(string Storage, string OtherStorage, string Supplier, string Customer, string Adjustment, string Transit);

/// <summary>What an ERP calls what it refuses.</summary>
internal sealed record ErpRefusals(string UnknownProduct, string UnknownPlace, string UnknownAccount);

/// <summary>An ERP, as far as the suite of journal channels needs to know it.</summary>
internal interface IErpStand
{
    /// <summary>Under which name its postings are recorded.</summary>
    string System { get; }

    ErpPlaces Places { get; }

    ErpRefusals Refusals { get; }

    /// <summary>What it calls the product of one of <see cref="AuthorityStand.Skus"/>.</summary>
    string ProductOf(string sku);

    /// <summary>Of its interface.</summary>
    Uri Address { get; }

    /// <summary>The connector as a process, for both locations of the tenant.</summary>
    Task<ChildProgram> ConnectorAsync(AuthorityStand authority, string tenant, Uri erp, Uri authorityAddress);

    /// <summary>Makes it misbehave in the way number <paramref name="round"/> that it knows, until <see cref="MendAsync"/>.</summary>
    Task MisbehaveAsync(int round);

    Task MendAsync();

    /// <summary>What counts there of a tenant's goods.</summary>
    Task<IReadOnlyList<BookedGoods>> GoodsAsync(string tenant);

    /// <summary>What counts there of a tenant's ledger actions.</summary>
    Task<IReadOnlyList<BookedAmount>> AmountsAsync(string tenant);
}
