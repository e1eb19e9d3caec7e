namespace StockAuthority.DevHost.RabbitMq;

/// <summary>Where a RabbitMQ server listens on 127.0.0.1.</summary>
/// <param name="Amqp">For its clients.</param>
/// <param name="Node">For rabbitmqctl.</param>
/// <param name="Names">epmd's.</param>
public sealed record RabbitMqPorts(int Amqp, int Node, int Names)
{
    /// <summary>Three that nothing listens on.</summary>
    public static RabbitMqPorts Free() => new(Ports.Free(), Ports.Free(), Ports.Free());
}
