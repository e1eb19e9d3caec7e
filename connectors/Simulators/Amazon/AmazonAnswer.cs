using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Amazon;

/// <summary>What is alike in the answers of all operations.</summary>
internal static class AmazonAnswer
{
    /// <summary>The usage plan, then the token; null where the caller is let in.</summary>
    public static IResult? Turned(HttpContext context, AmazonPace.UsagePlan plan, AmazonPace pace, AmazonListings listings)
    {
        context.Response.Headers["x-amzn-RequestId"] = Guid.NewGuid().ToString();
        context.Response.Headers["x-amzn-RateLimit-Limit"] = plan.RequestsPerSecond.ToString("0.0###", CultureInfo.InvariantCulture);
        return !pace.Take(plan) ? Error(HttpStatusCode.TooManyRequests, "QuotaExceeded", "You exceeded your quota for the requested resource.")
            : !listings.IsToken(context.Request.Headers["x-amz-access-token"].ToString()) ? Error(HttpStatusCode.Forbidden, "Unauthorized", "Access to requested resource is denied.")
            : null;
    }

    public static IResult Failed(HttpContext context, Fault fault) =>
        fault.Broken(context) ?? Error((HttpStatusCode)Math.Max(fault.Status, 400), fault.Status == 429 ? "QuotaExceeded" : "InternalFailure", "An injected fault.");

    public static IResult Error(HttpStatusCode status, string code, string message) =>
        Json(status, new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["code"] = code, ["message"] = message, ["details"] = "" }) });

    public static IResult Json(HttpStatusCode status, JsonObject body) => Results.Text(body.ToJsonString(), "application/json", Encoding.UTF8, (int)status);
}
