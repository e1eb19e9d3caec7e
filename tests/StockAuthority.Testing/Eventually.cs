using System.Runtime.CompilerServices;
using StockAuthority.DevHost;

namespace StockAuthority.Testing;

/// <summary>Waits for a condition instead of sleeping.</summary>
public static class Eventually
{
    private static readonly TimeSpan DefaultBound = TimeSpan.FromSeconds(20);

    /// <summary>Returns as soon as the condition holds; throws when it did not within the bound, 20 seconds by default.</summary>
    public static Task Holds(Func<bool> condition, TimeSpan? bound = null, [CallerArgumentExpression(nameof(condition))] string? expression = null) =>
        Holds(() => Task.FromResult(condition()), bound, expression);

    /// <inheritdoc cref="Holds(Func{bool},TimeSpan?,string)"/>
    public static async Task Holds(Func<Task<bool>> condition, TimeSpan? bound = null, [CallerArgumentExpression(nameof(condition))] string? expression = null)
    {
        var limit = bound ?? DefaultBound;
        if (!await Wait.UntilAsync(condition, limit))
        {
            throw new TimeoutException($"Did not hold within {limit.TotalSeconds:0.#} s: {expression}");
        }
    }

    /// <summary>Answers the first value that fits; throws with the last one when none did within the bound.</summary>
    public static async Task<T> Becomes<T>(
        Func<Task<T>> value, Func<T, bool> fits, TimeSpan? bound = null, [CallerArgumentExpression(nameof(fits))] string? expression = null)
    {
        var limit = bound ?? DefaultBound;
        var last = default(T);
        return await Wait.UntilAsync(async () => fits(last = await value()), limit)
            ? last!
            : throw new TimeoutException($"Did not hold within {limit.TotalSeconds:0.#} s: {expression}; the last value was {last}");
    }
}
