using Xunit;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>A feed and a channel for each test; the test starts the connector when its stage is set.</summary>
public abstract class ConnectorFixture : IAsyncLifetime
{
    private readonly List<PosHost> _connectors = [];

    internal FeedHost Feed { get; private set; } = null!;

    internal SquareHost Square { get; private set; } = null!;

    internal Journal Journal => Feed.Journal;

    public async ValueTask InitializeAsync()
    {
        Feed = await FeedHost.StartAsync();
        Square = await SquareHost.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connector in _connectors)
        {
            await connector.DisposeAsync();
        }

        await Feed.DisposeAsync();
        await Square.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal async Task<PosHost> ConnectAsync(params string[] settings)
    {
        var connector = await PosHost.StartAsync(Feed, Square.Address, [.. PosHost.Patient, .. settings]);
        _connectors.Add(connector);
        return connector;
    }

    internal async Task StopAsync(PosHost connector)
    {
        _connectors.Remove(connector);
        await connector.DisposeAsync();
    }

    internal Task ShownAsync(string sku, long quantity) =>
        Eventually.HoldsAsync(async () => await Square.QuantityAsync(sku) == quantity.ToString(System.Globalization.CultureInfo.InvariantCulture), $"{sku} shows {quantity}");

    internal Task CheckpointAsync(long sequence) => Eventually.HoldsAsync(() => Journal.Checkpoint(PosHost.Consumer) == sequence, $"the checkpoint is {sequence}");
}
