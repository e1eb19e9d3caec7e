using StockAuthority.Connectors.Broker.Tests.Hosts;
using StockAuthority.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(TestPostgres))]
[assembly: AssemblyFixture(typeof(BrokerStand))]
