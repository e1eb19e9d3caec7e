using StockAuthority.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(TestPostgres))]
