using StockAuthority.Connectors.Erp.Tests.Hosts;
using StockAuthority.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(TestPostgres))]
[assembly: AssemblyFixture(typeof(AuthorityStand))]
[assembly: AssemblyFixture(typeof(TrytonStand))]
