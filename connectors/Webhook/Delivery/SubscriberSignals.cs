using StockAuthority.Database;

namespace StockAuthority.Connectors.Webhook.Delivery;

/// <summary>Wakes the subscribers' loops when messages were stored.</summary>
internal sealed class SubscriberSignals(WebhookOptions options) : IDisposable
{
    private readonly Dictionary<string, RowSignal> _signals = options.Subscribers.ToDictionary(subscriber => subscriber.Name, _ => new RowSignal(), StringComparer.Ordinal);

    public RowSignal Of(string subscriber) => _signals[subscriber];

    public void SetAll()
    {
        foreach (var signal in _signals.Values)
        {
            signal.Set();
        }
    }

    public void Dispose()
    {
        foreach (var signal in _signals.Values)
        {
            signal.Dispose();
        }
    }
}
