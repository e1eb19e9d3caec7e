using Shouldly;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Testing;
using Xunit;
using Eventually = StockAuthority.Connectors.Tests.Hosts.Eventually;

namespace StockAuthority.Connectors.Tests.Webhook;

public sealed class PrivateTargetTests(TestPostgres postgres) : WebhookFixture(postgres)
{
    [Theory]
    [InlineData("https://localhost:{0}/hook")]
    [InlineData("https://127.0.0.1:{0}/hook")]
    [InlineData("https://[::1]:{0}/hook")]
    public async Task What_a_name_leads_to_is_checked_when_connecting(string url)
    {
        var receiver = await SubscriberAsync();
        await ConnectAsync(
        [
            .. Subscribes(0, receiver),
            $"--Webhook:Subscribers:0:Url={string.Format(System.Globalization.CultureInfo.InvariantCulture, url, new Uri(receiver.Url).Port)}",
            "--Webhook:AllowPrivateTargets=false",
        ]);
        Journal.Append("apple", 7);
        await Eventually.HoldsAsync(async () => (await DeliveriesAsync()).Any(delivery => delivery.LastError == "ADDRESS_NOT_PUBLIC"));
        receiver.Received.ShouldBeEmpty();
    }
}
