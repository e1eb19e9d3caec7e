using System.Globalization;
using StockAuthority.Client;

namespace StockAuthority.Samples.Terminal;

/// <summary>What the cashier does. Everything works offline; online, two links run beside it.</summary>
internal sealed class Till(SaleJournal journal, LevelCopy copy, Uplink uplink, Downlink downlink) : IAsyncDisposable
{
    private CancellationTokenSource? _online;
    private Task _links = Task.CompletedTask;

    /// <returns>What the cashier sees.</returns>
    public async Task<string> DoAsync(string line)
    {
        if (_links.IsFaulted)
        {
            // A full disk, a journal that cannot be read: better no till than one that forgets.
            await _links;
        }

        switch (line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            case ["sell", var sku]:
                return Sell(sku, 1);
            case ["sell", var sku, var text] when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var quantity) && quantity > 0:
                return Sell(sku, quantity);
            case ["levels"]:
                return string.Join(Environment.NewLine, [$"as of {copy.Checkpoint}, {journal.Unanswered().Count} sales unanswered", .. copy.Levels().Select(Shown)]);
            case ["online"]:
                GoOnline();
                return "online";
            case ["offline"]:
                await GoOfflineAsync();
                return "offline";
            default:
                return "sell SKU [QUANTITY] | levels | online | offline | quit";
        }
    }

    public void GoOnline()
    {
        if (_online is null)
        {
            _online = new CancellationTokenSource();
            _links = Task.WhenAll(uplink.RunAsync(_online.Token), downlink.RunAsync(_online.Token));
        }
    }

    public async Task GoOfflineAsync()
    {
        if (_online is { } online)
        {
            await online.CancelAsync();
            await _links.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            online.Dispose();
            _online = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await GoOfflineAsync();
        _online?.Dispose();
    }

    private string Sell(string sku, long quantity)
    {
        // The key is kept with the sale before it is sent the first time: a terminal that dies meanwhile sends the same sale, not a second one.
        var sale = new Sale(IdempotencyKey.New().Text, sku, quantity, TimeProvider.System.GetUtcNow());
        journal.Add(sale);
        return $"rung up {sale.Key}: {quantity} {sku}";
    }

    private string Shown((string Sku, KnownLevel Level) known) => string.Create(
        CultureInfo.InvariantCulture, $"{known.Sku} {known.Level.Available - journal.NotIn(copy.Checkpoint, known.Sku)}");
}
