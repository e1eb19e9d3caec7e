using Shouldly;
using Xunit;

namespace StockAuthority.Connectors.Broker.Tests;

public sealed class StartTests
{
    [Theory]
    [InlineData("--Broker:Channel=nats", "Broker:Channel is neither rabbitmq nor kafka")]
    [InlineData("--RabbitMq:Addresses:0=amqp://rabbit.example:5672", "would carry the password unencrypted")]
    [InlineData("--RabbitMq:Addresses:0=amqps://user:secret@rabbit.example", "without user, password and virtual host")]
    [InlineData("--RabbitMq:UserName=", "RabbitMq__UserName")]
    [InlineData("--RabbitMq:Password=", "RabbitMq__PasswordFile")]
    [InlineData("--RabbitMq:Unroutable=drop", "RabbitMq:Unroutable is neither hold nor accept")]
    [InlineData("--Channel:InitialRollout=25", "Channel:InitialRollout is neither off nor 100")]
    [InlineData("--Channel:SafetyBuffers:0:LocationId=a", "Channel:SafetyBuffers is set")]
    public Task An_unusable_setting_for_RabbitMQ_is_named(string setting, string sentence) => ShouldRefuseAsync(
        sentence, "--RabbitMq:Addresses:0=amqp://127.0.0.1:1", "--RabbitMq:UserName=u", "--RabbitMq:Password=p", setting);

    [Theory]
    [InlineData("--Kafka:Topic=", "Kafka__Topic")]
    [InlineData("--Kafka:Client:acks=0", "Kafka:Client:acks is not for configuration")]
    [InlineData("--Kafka:Client:enable.idempotence=false", "is not for configuration")]
    [InlineData("--Kafka:Client:sasl.password=p", "use Kafka:PasswordFile")]
    [InlineData("--Kafka:Client:no.such.setting=1", "No such configuration property")]
    public Task An_unusable_setting_for_Kafka_is_named(string setting, string sentence) => ShouldRefuseAsync(
        sentence, "--Broker:Channel=kafka", "--Kafka:BootstrapServers=127.0.0.1:1", "--Kafka:Topic=t", setting);

    private static async Task ShouldRefuseAsync(string sentence, params string[] settings)
    {
        using var errors = new StringWriter();
        (await BrokerConnector.RunAsync(
            ["--StockAuthority:Address=http://127.0.0.1:1", "--StockAuthority:Token=t", "--Connector:TenantId=acme", "--Channel:CustomerSentence=s", "--Channel:Owner=o", .. settings],
            errors)).ShouldBe(1);
        errors.ToString().ShouldContain(sentence);
    }
}
