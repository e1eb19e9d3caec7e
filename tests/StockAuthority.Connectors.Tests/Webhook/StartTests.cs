using System.Net;
using System.Text;
using Shouldly;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Connectors.Webhook;
using StockAuthority.Connectors.Webhook.Delivery;
using Xunit;

namespace StockAuthority.Connectors.Tests.Webhook;

public sealed class StartTests : IDisposable
{
    private readonly string _secret = Path.GetTempFileName();

    public StartTests() => File.WriteAllText(_secret, WebhookReceiver.NewSecret());

    public void Dispose() => File.Delete(_secret);

    [Theory]
    [InlineData("Url=http://shop.example/hook", "Url is not https")]
    [InlineData("Url=https://user:word@shop.example/hook", "has a user name or password")]
    [InlineData("EventTypes:0=stock.level.moved", "stock.level.moved, which is none of stock.level.changed")]
    [InlineData("SecretFile=/nowhere/secret", "SecretFile cannot be read")]
    [InlineData("Name=", "Name is not set")]
    public async Task An_unusable_subscriber_is_named(string setting, string sentence) =>
        (await RunAsync($"--Webhook:Subscribers:0:{setting}")).ShouldContain(sentence);

    [Fact]
    public async Task Private_targets_are_refused_in_production() =>
        (await RunAsync("--Webhook:AllowPrivateTargets=true", "--environment=Production")).ShouldContain("Webhook:AllowPrivateTargets is true, and this is production");

    [Theory]
    [InlineData("short")]
    [InlineData("whsec_c2hvcnQ=")]
    public async Task A_secret_that_is_none_is_refused_and_not_shown(string secret)
    {
        await File.WriteAllTextAsync(_secret, secret);
        var said = await RunAsync();
        said.ShouldContain("SecretFile cannot be read");
        said.ShouldNotContain(secret);
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("93.184.215.14", true)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:93.184.215.14", true)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2606:2800:21f:cb07:6820:80da:af6b:8b2c", true)]
    public void Only_addresses_of_the_internet_are_public(string address, bool isPublic) => PublicAddress.IsPublic(IPAddress.Parse(address)).ShouldBe(isPublic);

    [Fact]
    public void The_signature_is_the_specifications_own_example() =>

        // Of the specification's reference implementations' tests.
        WebhookSignature.Header(
                [Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, Encoding.UTF8.GetBytes("""{"test": 2432232314}"""))
            .ShouldBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");

    private async Task<string> RunAsync(params string[] settings)
    {
        using var errors = new StringWriter();
        (await WebhookConnector.RunAsync(
            [
                "--StockAuthority:Address=http://127.0.0.1:1", "--StockAuthority:Token=t", "--Connector:TenantId=acme", "--Channel:CustomerSentence=s", "--Channel:Owner=o", "--ConnectionStrings:Webhooks=Host=127.0.0.1",
                "--Webhook:Subscribers:0:Name=shop", "--Webhook:Subscribers:0:Url=https://shop.example/hook", $"--Webhook:Subscribers:0:SecretFile={_secret}", .. settings,
            ],
            errors)).ShouldBe(1);
        return errors.ToString();
    }
}
