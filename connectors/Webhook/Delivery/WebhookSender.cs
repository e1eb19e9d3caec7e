using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using StockAuthority.Connectors.Webhook.Messages;
using StockAuthority.Connectors.Webhook.Subscriptions;

namespace StockAuthority.Connectors.Webhook.Delivery;

/// <summary>Makes one attempt: signs a message and posts it. What comes back is an outcome, whatever it is.</summary>
internal sealed class WebhookSender(HttpClient http, WebhookOptions options, TimeProvider clock)
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    private const int ExcerptBytes = 1024;
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromDays(1);

    public async Task<DeliveryOutcome> SendAsync(Subscriber subscriber, ClaimedMessage message)
    {
        using var limit = new CancellationTokenSource(options.AttemptTimeout);
        try
        {
            using var request = Request(subscriber, message);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return Outcome(response, await ExcerptAsync(response, limit.Token));
        }
        catch (OperationCanceledException)
        {
            return Unanswered("TIMEOUT");
        }
        catch (HttpRequestException failure) when (failure.InnerException is RefusedAddressException || failure.GetBaseException() is RefusedAddressException)
        {
            return new DeliveryOutcome(DeliveryKind.Unwell, null, "ADDRESS_NOT_PUBLIC", null, null);
        }
        catch (HttpRequestException failure)
        {
            return Unanswered(failure.HttpRequestError.ToString());
        }
        catch (IOException)
        {
            return Unanswered("ConnectionLost");
        }
    }

    private HttpRequestMessage Request(Subscriber subscriber, ClaimedMessage message)
    {
        // The attempt's time, not the event's: receivers refuse what is old, to be safe from replays.
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds();
        var content = new ByteArrayContent(message.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return new HttpRequestMessage(HttpMethod.Post, subscriber.Url)
        {
            Content = content,
            Headers =
            {
                { IdHeader, message.MessageId },
                { TimestampHeader, timestamp.ToString(CultureInfo.InvariantCulture) },
                { SignatureHeader, WebhookSignature.Header(subscriber.Secrets.Current(), message.MessageId, timestamp, message.Body) },
            },
        };
    }

    private DeliveryOutcome Outcome(HttpResponseMessage response, string excerpt)
    {
        var status = (int)response.StatusCode;
        var kind = response.StatusCode switch
        {
            >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => DeliveryKind.Delivered,
            HttpStatusCode.Gone => DeliveryKind.Gone,
            HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => DeliveryKind.Unwell,
            _ => DeliveryKind.Failed,
        };
        return new DeliveryOutcome(kind, status, kind == DeliveryKind.Delivered ? null : string.Create(CultureInfo.InvariantCulture, $"HTTP_{status}"), excerpt, RetryAfter(response));
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - clock.GetUtcNow(),
            _ => TimeSpan.Zero,
        };
        return asked <= TimeSpan.Zero ? null : asked < LongestRetryAfter ? asked : LongestRetryAfter;
    }

    private static DeliveryOutcome Unanswered(string error) => new(DeliveryKind.Unwell, null, error, null, null);

    /// <summary>Only so much is read: how long an answer is, is the subscriber's choice.</summary>
    private static async Task<string> ExcerptAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[ExcerptBytes];
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);

        // PostgreSQL's text has no NUL.
        return Encoding.UTF8.GetString(buffer, 0, length).Replace('\0', ' ');
    }
}
