using System.Collections.Immutable;

namespace StockAuthority.Core.Inventory;

/// <summary>One SKU of a transfer. <c>Quantity = InTransit + Received + Lost</c>.</summary>
public sealed record TransferLine(string Sku, long Quantity, long Received = 0, long Lost = 0)
{
    public long InTransit => Quantity - Received - Lost;
}

/// <summary>What arrived of one SKU, and what is known not to arrive any more.</summary>
public readonly record struct ArrivedLine(string Sku, long Received, long Lost);

/// <summary>Units on their way from one location to another.</summary>
/// <param name="Id">The caller's, unique in its tenant.</param>
/// <param name="Lines">Distinct by SKU.</param>
/// <param name="ClosedAt">When nothing of it was on its way any more.</param>
public sealed record Transfer(
    string Id,
    string FromLocationId,
    string ToLocationId,
    ImmutableArray<TransferLine> Lines,
    DateTimeOffset DispatchedAt,
    DateTimeOffset? ClosedAt = null)
{
    public TransferLine? Line(string sku) => Lines.FirstOrDefault(line => line.Sku == sku);
}
