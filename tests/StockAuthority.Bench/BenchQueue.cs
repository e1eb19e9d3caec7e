using RabbitMQ.Client;
using StockAuthority.DevHost.RabbitMq;

namespace StockAuthority.Bench;

/// <summary>A durable queue that takes every event and whose messages nobody takes.</summary>
internal static class BenchQueue
{
    public static async Task<IAsyncDisposable> BindAsync(Uri address, string password)
    {
        var connection = await new ConnectionFactory { Uri = address, UserName = RabbitMqServer.User, Password = password }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync();
        await channel.ExchangeDeclareAsync("stockauthority.changes", ExchangeType.Topic, durable: true);
        await channel.QueueDeclareAsync("bench", durable: true, exclusive: false, autoDelete: false);
        await channel.QueueBindAsync("bench", "stockauthority.changes", "#");
        return connection;
    }
}
