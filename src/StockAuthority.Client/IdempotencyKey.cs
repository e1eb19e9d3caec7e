using System.Security.Cryptography;
using System.Text;

namespace StockAuthority.Client;

/// <summary>
/// Names one intention to change stock: 1 to 128 characters, unique in the tenant. Whoever retries with the same key gets
/// the one true answer, however often the change was sent; another intention needs another key.
/// </summary>
/// <remarks>
/// <para><b>Derive</b> the key (<see cref="For"/>) wherever the intention has a name of its own: a step of an order, a line of a
/// delivery note. It survives a crash without being stored, because the restarted process derives it again. This is the
/// right choice for a checkout.</para>
/// <para><b>Generate</b> it (<see cref="New"/>) where nothing names the intention, for example for an adjustment typed in by
/// hand. Store it before the first attempt, with the work it belongs to: a key that is lost with the process makes the
/// retry a second change.</para>
/// <para>The authority keeps answers for 35 days; do not send a key again after that.</para>
/// </remarks>
public readonly record struct IdempotencyKey
{
    private const int LongestText = 128;

    private readonly string? _text;

    /// <summary>A key made elsewhere.</summary>
    /// <exception cref="ArgumentException">It does not have 1 to 128 characters.</exception>
    public IdempotencyKey(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        if (text.Length > LongestText)
        {
            throw new ArgumentException($"An idempotency key has at most {LongestText} characters.", nameof(text));
        }

        _text = text;
    }

    /// <summary>The key as it is sent.</summary>
    /// <exception cref="InvalidOperationException">It is <c>default</c>, which is no key.</exception>
    public string Text => _text ?? throw new InvalidOperationException("This idempotency key was never given a value.");

    /// <summary>A new key that nobody else has. Store it before its first use.</summary>
    public static IdempotencyKey New() => new(Guid.CreateVersion7().ToString("N"));

    /// <summary>
    /// The key of one step of an order, the same in every process: <c>step:orderRef</c>, or <c>step:</c> and a hash where
    /// that is too long. A step that is meant twice (a basket that was changed and is reserved again, a second partial
    /// commit) is two steps: <c>reserve-1</c>, <c>reserve-2</c>.
    /// </summary>
    /// <param name="orderRef">The order's reference.</param>
    /// <param name="step">Up to 63 characters without a colon, for example <c>reserve</c>, <c>commit</c>, <c>release</c>.</param>
    public static IdempotencyKey For(string orderRef, string step)
    {
        ArgumentException.ThrowIfNullOrEmpty(orderRef);
        ArgumentException.ThrowIfNullOrEmpty(step);
        if (step.Length > 63 || step.Contains(':', StringComparison.Ordinal))
        {
            throw new ArgumentException("A step has at most 63 characters and no colon.", nameof(step));
        }

        var text = $"{step}:{orderRef}";
        return new(text.Length <= LongestText ? text : $"{step}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(orderRef)))}");
    }

    /// <summary>The key as it is sent.</summary>
    public override string ToString() => _text ?? "";
}
