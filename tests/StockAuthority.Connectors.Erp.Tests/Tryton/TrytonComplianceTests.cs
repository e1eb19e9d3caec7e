using StockAuthority.Connectors.Erp.Tests.Compliance;
using StockAuthority.Connectors.Erp.Tests.Hosts;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Erp.Tests.Tryton;

/// <summary>Against a real Tryton.</summary>
public sealed class TrytonComplianceTests(TrytonStand tryton, AuthorityStand authority, TestPostgres databases) : JournalChannelCompliance(authority, databases)
{
    private protected override async Task<IErpStand> ErpAsync(TestPostgres databases)
    {
        await tryton.StartAsync(databases);
        return tryton;
    }
}
