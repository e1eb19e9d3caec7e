using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using StockAuthority.Intake.Inbox;
using StockAuthority.Intake.Rejections;

namespace StockAuthority.Intake.Stripe;

/// <summary>Receives a webhook: verify, store, commit, and only then answer 200. Reading it comes later.</summary>
internal sealed partial class StripeWebhook(
    IntakeSettings settings,
    InboxWriter inbox,
    InboxSignal signal,
    RejectionTrace rejections,
    IntakeMetrics metrics,
    TimeProvider clock,
    ILogger<StripeWebhook> logger)
{
    public const int LargestBodyBytes = 1024 * 1024;

    // What a later check of the signature needs; anything else could carry what must not be stored.
    private static readonly string[] StoredHeaders = [StripeSignature.Header, "Content-Type", "User-Agent"];

    public async Task<IResult> ReceiveAsync(string account, HttpContext context)
    {
        if (!settings.StripeAccounts.TryGetValue(account, out var known))
        {
            return WebhookProblem.Of(StatusCodes.Status404NotFound, "ACCOUNT_UNKNOWN", "No Stripe account of this name is set up here.");
        }

        byte[] body;
        try
        {
            body = await ReadBodyAsync(context.Request);
        }
        catch (BadHttpRequestException refused) when (refused.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Reject(known, refused.StatusCode, "BODY_TOO_LARGE", $"The body is larger than {LargestBodyBytes} bytes.", []);
        }

        var now = clock.GetUtcNow();
        return StripeSignature.Verify(context.Request.Headers[StripeSignature.Header], body, known.SigningSecrets, now) switch
        {
            SignatureVerdict.Rejected rejected => Reject(known, StatusCodes.Status401Unauthorized, rejected.Reason, rejected.Detail, body),
            SignatureVerdict.Verified verified => await StoreAsync(known, context, body, verified, now),
            _ => throw new InvalidOperationException("A signature is verified or rejected."),
        };
    }

    private async Task<IResult> StoreAsync(StripeAccount account, HttpContext context, byte[] body, SignatureVerdict.Verified verified, DateTimeOffset now)
    {
        var headers = StoredHeaders
            .Where(context.Request.Headers.ContainsKey)
            .ToDictionary(name => name, name => context.Request.Headers[name].ToString());
        var webhook = new VerifiedWebhook(
            Guid.CreateVersion7(now), account.TenantId, StripeTranslation.Provider, account.Name, now, headers, body, verified.SignedAt, verified.SecretPosition);
        try
        {
            await inbox.StoreAsync(webhook, context.RequestAborted);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
        {
            LogNotStored(failure, account.Name);
            return WebhookProblem.TryLater(context, "INBOX_UNAVAILABLE", "The webhook could not be stored now; send it again later.");
        }

        signal.Set();
        metrics.Received(account.Name);
        LogStored(webhook.InboxId, account.Name);
        return TypedResults.Ok(new { received = true });
    }

    private ProblemHttpResult Reject(StripeAccount account, int status, string reason, string detail, byte[] body)
    {
        rejections.Record(account.TenantId, StripeTranslation.Provider, account.Name, reason, body);
        metrics.Rejected(account.Name, reason);
        return WebhookProblem.Of(status, reason, detail);
    }

    // Throws for a body that is over the server's limit, chunked ones included, before more than the limit is held.
    private static async Task<byte[]> ReadBodyAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        return body.ToArray();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Stored webhook {InboxId} of Stripe account {Account}")]
    private partial void LogStored(Guid inboxId, string account);

    [LoggerMessage(Level = LogLevel.Error, Message = "A webhook of Stripe account {Account} could not be stored; answered 503")]
    private partial void LogNotStored(Exception failure, string account);
}
