using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Webhooks;

/// <summary>A sample subscriber: it verifies what it is sent, and shows it.</summary>
internal static class SubscriberApi
{
    /// <summary>What the log has for a location of the subscriber's.</summary>
    public const string Place = "webhook";

    public static void MapWebhookSubscriber(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/sample-subscriber", async (HttpContext context, WebhookSubscriber subscriber, Faults faults, RequestLog log, TimeProvider clock) =>
        {
            log.Begin(context).IsWrite = true;
            using var buffer = new MemoryStream();
            await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
            var headers = context.Request.Headers;
            var messageId = headers["webhook-id"].ToString();
            if (!subscriber.Verify(messageId, headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString(), buffer.ToArray()))
            {
                return Results.Unauthorized();
            }

            subscriber.Arrived(buffer.ToArray());
            await Task.Delay(faults.Latency, clock, context.RequestAborted);
            var fault = faults.Next();
            if (fault is null or { AfterApply: true } or { Duplicate: true })
            {
                subscriber.Take(messageId, buffer.ToArray());
            }

            switch (fault)
            {
                case { ApplyLaterMilliseconds: > 0 }:
                    _ = Faults.LaterAsync(fault, clock, () => subscriber.Take(messageId, buffer.ToArray()));
                    return Results.StatusCode(fault.Status);
                case { Reset: true }:
                    context.Abort();
                    return Results.Empty;
                case { Duplicate: true }:
                    subscriber.Take(messageId, buffer.ToArray());
                    return Results.NoContent();
                case { Status: > 0 }:
                    return Results.StatusCode(fault.Status);
                default:
                    return Results.NoContent();
            }
        });
        endpoints.MapGet("/simulator/webhooks", (WebhookSubscriber subscriber) => Results.Json(subscriber.Show(), SubscriberJson.Default.SubscriberView));
    }
}
