using StockAuthority.Intake.Dispatch;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Providers;

/// <summary>
/// All that is a provider's own: who may send, how what they send is signed, and what it says in our words. Receiving,
/// storing, dispatching, retrying and counting are the same for all; docs/adding-a-provider.md shows how to add one.
/// </summary>
internal interface IPaymentProvider
{
    /// <summary>Lower case; in the webhook's address, in the inbox and in the event.</summary>
    string Name { get; }

    /// <summary>The accounts that are set up, by the name in the webhook's address, with the tenant of each.</summary>
    IReadOnlyDictionary<string, string> Tenants { get; }

    /// <summary>What a later check of the signature needs; anything else could carry what must not be stored.</summary>
    IReadOnlyList<string> StoredHeaders { get; }

    /// <summary>
    /// One verdict for each event in the body, in its order, at least one. One that is rejected rejects the body: it is
    /// one delivery with one answer, and 2xx would acknowledge what was not stored.
    /// </summary>
    IReadOnlyList<SignatureVerdict> Verify(string account, IHeaderDictionary headers, byte[] body, DateTimeOffset now);

    /// <summary>The provider's id of the body's one event, where its events are also pulled: by it they are known to be here already.</summary>
    string? EventId(ReadOnlySpan<byte> body) => null;

    /// <summary>The answer that the provider understands as an acknowledgement, once everything is stored.</summary>
    IResult Acknowledge();

    /// <summary>
    /// Total and pure: any bytes give an event, the same row the same one on every attempt. What cannot be read is an
    /// UNREADABLE event with its problems, never an exception.
    /// </summary>
    PaymentEvent Translate(InboxRow row);

    /// <summary>Whether the body only names its object or a report, which has to be fetched before the event can be translated.</summary>
    bool IsIncomplete(InboxRow row) => false;

    /// <summary>
    /// Fetches what an incomplete event names: one document, or the parts of a report from the row's cursor on, the next one only
    /// once the last is stored. What comes is stored before the row is translated, and is not fetched again. Ends with the first failure.
    /// </summary>
    /// <param name="http">Retries, times out and breaks its circuit; the addresses and the authentication are the provider's.</param>
    IAsyncEnumerable<FetchOutcome> FetchAsync(InboxRow row, HttpClient http, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{Name} has no incomplete events.");
}

/// <summary>Reads a provider's settings; what is missing is collected there, so that the process names all of it at once.</summary>
internal delegate IPaymentProvider ProviderRegistration(ProviderSettings settings);
