using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using StockAuthority.Database;
using StockAuthority.Intake.Inbox;
using StockAuthority.Intake.Rejections;

namespace StockAuthority.Intake.Providers;

/// <summary>Receives a provider's webhook: verify, store, commit, and only then answer 2xx. Reading it comes later.</summary>
internal sealed partial class WebhookReceiver(
    InboxWriter inbox,
    RowSignal signal,
    RejectionTrace rejections,
    IntakeMetrics metrics,
    TimeProvider clock,
    ILogger<WebhookReceiver> logger)
{
    public const int LargestBodyBytes = 1024 * 1024;

    private const int LargestUsualBodyBytes = 16 * 1024;

    public async Task<IResult> ReceiveAsync(IPaymentProvider provider, string account, HttpContext context)
    {
        if (!provider.Tenants.TryGetValue(account, out var tenantId))
        {
            return WebhookProblem.Of(StatusCodes.Status404NotFound, "ACCOUNT_UNKNOWN", $"No {provider.Name} account of this name is set up here.");
        }

        var sender = new Sender(provider, account, tenantId);
        byte[] body;
        try
        {
            body = await ReadBodyAsync(context.Request);
        }
        catch (BadHttpRequestException refused) when (refused.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Reject(sender, new SignatureVerdict.Rejected("BODY_TOO_LARGE", $"The body is larger than {LargestBodyBytes} bytes.", refused.StatusCode), []);
        }

        var now = clock.GetUtcNow();
        var verdicts = provider.Verify(account, context.Request.Headers, body, now);
        return verdicts.OfType<SignatureVerdict.Rejected>().FirstOrDefault() is { } rejected
            ? Reject(sender, rejected, body)
            : await StoreAsync(sender, context, body, [.. verdicts.Cast<SignatureVerdict.Verified>()], now);
    }

    private async Task<IResult> StoreAsync(Sender sender, HttpContext context, byte[] body, IReadOnlyList<SignatureVerdict.Verified> verdicts, DateTimeOffset now)
    {
        var headers = sender.Provider.StoredHeaders
            .Where(context.Request.Headers.ContainsKey)
            .ToDictionary(name => name, name => context.Request.Headers[name].ToString());
        var webhook = new VerifiedWebhook(sender.TenantId, sender.Provider.Name, sender.Account, now, headers, body, verdicts, sender.Provider.EventId(body));
        try
        {
            await inbox.StoreAsync(webhook, context.RequestAborted);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
        {
            LogNotStored(failure, sender.Provider.Name, sender.Account);
            return WebhookProblem.TryLater(context, "INBOX_UNAVAILABLE", "The webhook could not be stored now; send it again later.");
        }

        signal.Set();
        metrics.Received(sender.Account);
        LogStored(sender.Provider.Name, sender.Account, verdicts.Count);
        return sender.Provider.Acknowledge();
    }

    private ProblemHttpResult Reject(Sender sender, SignatureVerdict.Rejected rejected, byte[] body)
    {
        rejections.Record(sender.TenantId, sender.Provider.Name, sender.Account, rejected.Reason, body);
        metrics.Rejected(sender.Account, rejected.Reason);
        return WebhookProblem.Of(rejected.Status, rejected.Reason, rejected.Detail);
    }

    // Throws for a body that is over the server's limit, chunked ones included, before more than the limit is held.
    private static async Task<byte[]> ReadBodyAsync(HttpRequest request)
    {
        // What a sender claims is no reason to take more than a usual body's room before it comes.
        using var body = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, LargestUsualBodyBytes));
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        return body.Length == body.Capacity ? body.GetBuffer() : body.ToArray();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Stored a webhook of {Provider} account {Account} with {EventCount} events")]
    private partial void LogStored(string provider, string account, int eventCount);

    [LoggerMessage(Level = LogLevel.Error, Message = "A webhook of {Provider} account {Account} could not be stored; answered 503")]
    private partial void LogNotStored(Exception failure, string provider, string account);

    private sealed record Sender(IPaymentProvider Provider, string Account, string TenantId);
}
