using Shouldly;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Broker.Tests;

public sealed class ComposeSettingsTests
{
    [Fact]
    public void It_starts_with_what_compose_gives_it_and_reads_every_setting()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["TENANT_ID"] = "acme", ["RABBITMQ_PASSWORD"] = "password" };
        var environment = ComposeFile.Read().Environment("broker").ToDictionary(each => each.Key, each => ComposeFile.Substitute(each.Value, variables), StringComparer.Ordinal);
        RecordedSettings.Unread(environment, BrokerConnector.Configure).ShouldAllBe(key => key.StartsWith("Kestrel:", StringComparison.Ordinal));
    }
}
