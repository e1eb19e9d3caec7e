namespace StockAuthority.Core.Tests.Payments;

internal static class Permutations
{
    /// <summary>All orders of so many things, the given one first.</summary>
    public static IEnumerable<int[]> Of(int count) => count == 0
        ? [[]]
        : from shorter in Of(count - 1)
          from position in Enumerable.Range(0, count)
          select (int[])[.. shorter[..(count - 1 - position)], count - 1, .. shorter[(count - 1 - position)..]];
}
