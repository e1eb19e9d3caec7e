using Microsoft.AspNetCore.Http.HttpResults;

namespace StockAuthority.Intake;

/// <summary>Refusals as problem+json with a reason that a program can act on; docs/errors.md lists the reasons.</summary>
internal static class WebhookProblem
{
    public static ProblemHttpResult Of(int status, string reason, string detail) =>
        TypedResults.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?> { ["reason"] = reason });

    /// <summary>503 with Retry-After: nothing is wrong with the webhook, and the provider will send it again.</summary>
    public static ProblemHttpResult TryLater(HttpContext context, string reason, string detail)
    {
        context.Response.Headers.RetryAfter = "5";
        return Of(StatusCodes.Status503ServiceUnavailable, reason, detail);
    }
}
