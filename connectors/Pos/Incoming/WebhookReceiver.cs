using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>Takes Square's webhooks: verify, store, commit, and only then answer 2xx.</summary>
internal sealed partial class WebhookReceiver(
    WebhookInbox inbox, IncomingSignals signals, IncomingOptions options, IncomingMetrics metrics, TimeProvider clock, ILogger<WebhookReceiver> logger)
{
    public const string Path = "/webhooks/square";

    private const int LongestEventId = 128;

    public async Task<IResult> ReceiveAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        var body = buffer.ToArray();
        if (!SquareSignature.Matches(context.Request.Headers[SquareSignature.Header].ToString(), options.NotificationUrl!, body, options.SignatureKeys))
        {
            metrics.WebhookRejected("SIGNATURE_MISMATCH");
            return Problem(StatusCodes.Status401Unauthorized, "SIGNATURE_MISMATCH", $"{SquareSignature.Header} is not that of this body at this address.");
        }

        var (eventId, eventType) = Read(body);
        if (eventId is null)
        {
            metrics.WebhookRejected("UNREADABLE");
            return Problem(StatusCodes.Status400BadRequest, "UNREADABLE", "The body is not JSON with an event_id and a type.");
        }

        try
        {
            var isNew = await inbox.StoreAsync(eventId, eventType, body, clock.GetUtcNow(), context.RequestAborted);
            metrics.WebhookReceived(isNew);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
        {
            LogNotStored(failure);
            return Problem(StatusCodes.Status503ServiceUnavailable, "INBOX_UNAVAILABLE", "The webhook could not be stored now; send it again later.");
        }

        signals.Webhooks.Set();
        return Results.Ok();
    }

    private static (string? EventId, string EventType) Read(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("event_id", out var id) && id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 and <= LongestEventId } eventId
                && root.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
                ? (eventId, type.GetString()!)
                : (null, "");
        }
        catch (JsonException)
        {
            return (null, "");
        }
    }

    private static ProblemHttpResult Problem(int status, string reason, string detail) =>
        TypedResults.Problem(detail, statusCode: status, extensions: [KeyValuePair.Create<string, object?>("reason", reason)]);

    [LoggerMessage(LogLevel.Error, "A webhook of Square could not be stored; answered 503")]
    private partial void LogNotStored(Exception failure);
}
