using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Pos.Square;

/// <summary>What an answer means: whose fault it is, and whether repeating can help.</summary>
internal static partial class SquareOutcome
{
    private const int DetailLength = 256;

    // These say that the call is wrong, its token, its address or its version, and not what it carries: every other push would
    // be refused alike, so they are repaired by operators and nothing may be parked for them.
    private static readonly HashSet<string> CallFaults = new(StringComparer.Ordinal)
    {
        "API_VERSION_INCOMPATIBLE", "APPLICATION_DISABLED", "INSUFFICIENT_SCOPES", "INVALID_CONTENT_TYPE", "INVALID_SQUARE_VERSION_FORMAT",
        "METHOD_NOT_ALLOWED", "NOT_ACCEPTABLE", "REQUEST_TIMEOUT", "SANDBOX_NOT_SUPPORTED", "UNKNOWN_BODY_PARAMETER",
        "UNKNOWN_QUERY_PARAMETER", "UNSUPPORTED_MEDIA_TYPE", "V1_ACCESS_TOKEN", "V1_APPLICATION",
    };

    internal sealed record Received(HttpStatusCode Status, TimeSpan? RetryAfter, string? ResponseId, BatchChangeAnswer? Answer);

    public static PushResult Of(BatchChangeRequest request, IReadOnlyList<LevelChange> levels, Received received)
    {
        var errors = received.Answer?.Errors ?? [];
        var status = (int)received.Status;
        if (status is >= 200 and < 300 && received.Answer is { } answer && errors.Count == 0)
        {
            return new PushResult.Confirmed(Differing(request, levels, answer));
        }

        if (received.Status == HttpStatusCode.TooManyRequests || errors.Any(error => error.Category == "RATE_LIMIT_ERROR"))
        {
            return new PushResult.Throttled(received.RetryAfter);
        }

        if (status < 500 && errors.Count > 0 && errors.All(IsAboutContent))
        {
            var error = errors[0];
            return new PushResult.Refused(
                new Refusal(status, error.Code ?? "UNKNOWN", error.Field, Shortened(error.Detail), request.IdempotencyKey, received.ResponseId),
                [.. errors.Select(Position).OfType<int>().Distinct()]);
        }

        var reason = errors.Count > 0 ? errors[0].Code : null;
        reason ??= string.Create(CultureInfo.InvariantCulture, $"HTTP_{status}");

        // 408 and 409 are about this moment; so is a time in the future, where the clocks differ.
        return new PushResult.Unavailable(
            reason,
            received.RetryAfter,
            status is >= 400 and < 500 and not (408 or 409) && errors.All(error => error.Field?.EndsWith("occurred_at", StringComparison.Ordinal) != true)
                ? new Refusal(status, reason, errors.Count > 0 ? errors[0].Field : null, Shortened(errors.Count > 0 ? errors[0].Detail : null), request.IdempotencyKey, received.ResponseId)
                : null);
    }

    private static bool IsAboutContent(SquareError error) =>
        error.Category == "INVALID_REQUEST_ERROR"
        && !CallFaults.Contains(error.Code ?? "")

        // The clocks differ: time itself moves the level into the window.
        && error.Field?.EndsWith("occurred_at", StringComparison.Ordinal) != true

        // A key that is taken is left behind by splitting, because each part has its own.
        && (error.Field is not { Length: > 0 } field || field.StartsWith("changes", StringComparison.Ordinal) || error.Code == "IDEMPOTENCY_KEY_REUSED");

    private static int? Position(SquareError error) =>
        error.Field is { } field && ChangeIndex().Match(field) is { Success: true } match
        && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : null;

    /// <summary>The answer holds the current counts; another value means that something else counts too, for example a till.</summary>
    private static StockKey[] Differing(BatchChangeRequest request, IReadOnlyList<LevelChange> levels, BatchChangeAnswer answer)
    {
        var current = (answer.Counts ?? [])
            .Where(count => count.State == "IN_STOCK")
            .GroupBy(count => (count.CatalogObjectId, count.LocationId))
            .ToDictionary(counts => counts.Key, counts => counts.First().Quantity);
        return
        [
            .. levels.Where((level, index) =>
            {
                var count = request.Changes[index].PhysicalCount;
                return current.TryGetValue((count.CatalogObjectId, count.LocationId), out var quantity)
                    && !(decimal.TryParse(quantity, NumberStyles.Number, CultureInfo.InvariantCulture, out var shown) && shown == level.Available);
            }).Select(level => level.Key),
        ];
    }

    private static string? Shortened(string? detail) => detail is { Length: > DetailLength } ? detail[..DetailLength] : detail;

    [GeneratedRegex(@"^changes\[(\d+)\]")]
    private static partial Regex ChangeIndex();
}
