using StockAuthority.DevHost.Processes;

namespace StockAuthority.DevHost.Up;

/// <summary>Sixteen ports in a row on 127.0.0.1.</summary>
internal sealed record PortPlan(int Base)
{
    public const int DefaultBase = 7070;
    public const int HighestBase = 65_535 - 15;

    public int Grpc => Base;

    public int FrontDoor => Base + 1;

    public int Postgres => Base + 2;

    public int Redis => Base + 3;

    public int Simulator => Base + 4;

    public int Intake => Base + 5;

    public int ServerJson => Base + 6;

    public int Connector => Base + 7;

    public int WebhookConnector => Base + 8;

    public int Marketplace => Base + 9;

    public int Tryton => Base + 10;

    public int ErpConnector => Base + 11;

    public int RabbitMq => Base + 12;

    public int BrokerConnector => Base + 13;

    public int RabbitMqNode => Base + 14;

    public int RabbitMqNames => Base + 15;

    private (string Use, int Port)[] All =>
    [
        ("gRPC", Grpc), ("the HTTP front door", FrontDoor), ("PostgreSQL", Postgres), ("the Redis protocol", Redis),
        ("the channel simulator", Simulator), ("intake", Intake), ("the server's JSON endpoint", ServerJson), ("the POS connector's health", Connector),
        ("the webhook connector's health", WebhookConnector), ("the marketplace connector's health", Marketplace),
        ("Tryton", Tryton), ("the ERP connector's health", ErpConnector),
        ("RabbitMQ", RabbitMq), ("the broker connector's health", BrokerConnector), ("RabbitMQ's node", RabbitMqNode), ("RabbitMQ's node names", RabbitMqNames),
    ];

    /// <summary>Refuses where somebody already listens on one of them, before anything is started.</summary>
    public async Task RequireFreeAsync(CancellationToken cancellationToken)
    {
        foreach (var (use, port) in All)
        {
            if (!Ports.IsFree(port))
            {
                var holder = await PortHolder.FindAsync(port, cancellationToken);
                throw new DevHostException(
                    $"Port {port}, for {use}, is taken{(holder is null ? "" : $" by {holder}")}: free it, or choose other ports with ./dev up --port-base N.");
            }
        }
    }
}
