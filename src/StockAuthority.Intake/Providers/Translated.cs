using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Providers;

/// <summary>What the translations of all providers have in common.</summary>
internal static class Translated
{
    private const int SchemaVersion = 2;
    private const int MostProblems = 20;

    // "inbox-" and it are an id that the authority takes.
    private const int LongestIdLength = 120;

    /// <summary>A property that is there twice has no meaning that could be relied on.</summary>
    public static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static string Defect(JsonException malformed) =>
        $"the body is not JSON (line {malformed.LineNumber}, byte {malformed.BytePositionInLine}), is nested too deeply, or names a property twice";

    /// <summary>
    /// An event for people. It does not take the provider's own event id: the same event, sent again once the cause is
    /// cured, must count as new. Its id is the same on each delivery, so that a redelivery is a duplicate.
    /// </summary>
    public static PaymentEvent Unreadable(string provider, InboxRow row, string id, string type, IReadOnlyList<string> problems)
    {
        var unreadable = new PaymentEvent
        {
            EventType = PaymentEventType.Unreadable,
            ProviderEventId = "inbox-" + (id.Length is > 0 and <= LongestIdLength ? id : HashOf(row.Body) + (row.ItemPosition == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $":{row.ItemPosition}"))),
        };
        return Stamped(unreadable, provider, row, type, problems);
    }

    public static PaymentEvent Stamped(PaymentEvent translated, string provider, InboxRow row, string type, IReadOnlyList<string> problems)
    {
        translated.Provider = provider;
        translated.Account = row.Account;
        translated.ProviderEventType = type;
        translated.SchemaVersion = SchemaVersion;
        translated.Problems.Add(problems.Take(MostProblems));
        if (problems.Count > MostProblems)
        {
            translated.Problems.Add($"and {problems.Count - MostProblems} more");
        }

        return translated;
    }

    public static string HashOf(ReadOnlySpan<byte> body) => Convert.ToHexStringLower(SHA256.HashData(body));
}
