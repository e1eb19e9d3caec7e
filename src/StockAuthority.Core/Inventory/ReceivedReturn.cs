using System.Collections.Immutable;

namespace StockAuthority.Core.Inventory;

/// <summary>Goods that came back under a document. One document can cover several receipts.</summary>
/// <param name="Number">Unique in its tenant: the journal sequence of its first movement.</param>
/// <param name="ByCall">Whether a call reported it.</param>
/// <param name="ByEvent">Whether an event reported it; the same return can be reported both ways.</param>
public sealed record ReceivedReturn(
    long Number,
    string DocumentRef,
    string OrderRef,
    ImmutableArray<StockLine> Lines,
    bool ByCall,
    bool ByEvent)
{
    public bool HasLines(ImmutableArray<StockLine> lines) =>
        lines.Length == Lines.Length && lines.All(line => Lines.Contains(line));
}
