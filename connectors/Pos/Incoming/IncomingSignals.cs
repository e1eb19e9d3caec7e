using StockAuthority.Database;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>Who is woken by what: a webhook has come, a change is stored.</summary>
internal sealed class IncomingSignals : IDisposable
{
    public RowSignal Webhooks { get; } = new();

    public RowSignal Changes { get; } = new();

    public void Dispose()
    {
        Webhooks.Dispose();
        Changes.Dispose();
    }
}
