namespace StockAuthority.Connectors.Simulators.Webhooks;

/// <summary>A sample subscriber: it verifies what it is sent, and shows it.</summary>
internal static class SubscriberApi
{
    public static void MapWebhookSubscriber(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/sample-subscriber", async (HttpContext context, WebhookSubscriber subscriber) =>
        {
            using var buffer = new MemoryStream();
            await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
            var headers = context.Request.Headers;
            var messageId = headers["webhook-id"].ToString();
            if (!subscriber.Verify(messageId, headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString(), buffer.ToArray()))
            {
                return Results.Unauthorized();
            }

            subscriber.Take(messageId, buffer.ToArray());
            return Results.NoContent();
        });
        endpoints.MapGet("/simulator/webhooks", (WebhookSubscriber subscriber) => Results.Json(subscriber.Show(), SubscriberJson.Default.SubscriberView));
    }
}
