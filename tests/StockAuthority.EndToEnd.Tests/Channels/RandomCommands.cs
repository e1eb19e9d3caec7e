using System.Globalization;
using StockAuthority.Client;
using StockAuthority.Inventory.V1;

namespace StockAuthority.EndToEnd.Tests.Channels;

/// <summary>Receipts, sales at a counter and reservations of some SKUs, sent until the authority says what came of them; and what the levels have to be by that.</summary>
internal sealed class RandomCommands(FourChannels stand, string name, IReadOnlyList<string> skus, int seed)
{
    /// <summary>So many that nothing is ever short.</summary>
    private const long Opening = 1_000_000;

    private readonly Random _random = new(seed);

    /// <summary>Available units by SKU.</summary>
    public Dictionary<string, long> Levels { get; } = new(StringComparer.Ordinal);

    public int Sent { get; private set; }

    public async Task OpenAsync()
    {
        await stand.ReceiveAsync(name, Opening, skus);

        // Another test, or another seed, may have had them before.
        foreach (var (sku, available) in await stand.LevelsAsync(skus))
        {
            Levels[sku] = available;
        }
    }

    public async Task RunAsync(CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            await SendAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(5, 60)), TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task SendAsync()
    {
        var (sku, units) = (skus[_random.Next(skus.Count)], _random.Next(1, 10));
        var order = string.Create(CultureInfo.InvariantCulture, $"{name}-{++Sent}");
        switch (_random.Next(4))
        {
            case 0:
                await ReserveAsync(order, sku, units);
                Levels[sku] -= units;
                break;
            case 1:
                await AdjustAsync(order, sku, -units, AdjustmentReason.Sale);
                break;
            default:
                await AdjustAsync(order, sku, units, AdjustmentReason.Receipt);
                break;
        }
    }

    private async Task ReserveAsync(string order, string sku, long units)
    {
        ReserveOutcome outcome;
        do
        {
            outcome = await stand.Client.ReserveAsync(IdempotencyKey.For(order, "reserve"), new ReserveRequest { OrderRef = order, Lines = { Line(sku, units) } });
        }
        while (outcome is ReserveOutcome.Unknown);
        if (outcome is not ReserveOutcome.Reserved)
        {
            throw new InvalidOperationException($"{order} was refused: {outcome}");
        }
    }

    private async Task AdjustAsync(string order, string sku, long units, AdjustmentReason reason)
    {
        AdjustOutcome outcome;
        do
        {
            outcome = await stand.Client.AdjustAsync(
                IdempotencyKey.For(order, "adjust"), new AdjustRequest { DocumentRef = order, Reason = reason, Lines = { Line(sku, units) } });
        }
        while (outcome is AdjustOutcome.Unknown);
        if (outcome is not AdjustOutcome.Adjusted)
        {
            throw new InvalidOperationException($"{order} was refused: {outcome}");
        }

        Levels[sku] += units;
    }

    private static StockLine Line(string sku, long units) => new() { Sku = sku, LocationId = FourChannels.Location, Quantity = units };
}
