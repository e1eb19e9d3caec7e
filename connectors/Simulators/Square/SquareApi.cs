using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Square;

internal static class SquareApi
{
    public static void MapSquareInventory(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/v2/inventory").AddEndpointFilter(GuardAsync);
        api.MapPost("/changes/batch-create", ChangeAsync);
        api.MapPost("/changes/batch-retrieve", async (HttpContext context, SquareHistory history) =>
            ChangePages.Batch(await BodyAsync(context), history) is var outcome && outcome.Answer is { } answer
                ? Results.Json(answer, SquareJson.Default.ChangesAnswer)
                : Errors(outcome.Status, [.. outcome.Errors]));
        api.MapPost("/counts/batch-retrieve", async (HttpContext context, SquareInventory inventory) =>
            Answer(CountPages.Batch(await BodyAsync(context), inventory)));
        api.MapGet("/{catalogObjectId}", (string catalogObjectId, [FromQuery(Name = "location_ids")] string? locationIds, string? cursor, SquareInventory inventory) =>
            Answer(CountPages.One(catalogObjectId, locationIds, cursor, inventory)));
    }

    public static void MapSquareCatalog(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/v2").AddEndpointFilter(GuardAsync);
        api.MapGet("/locations", (SquareCatalog catalog) => Results.Json(catalog.Locations(), SquareJson.Default.LocationsAnswer));
        api.MapPost("/catalog/search", async (HttpContext context, SquareCatalog catalog) =>
            SquareBodies.Parse(await BodyAsync(context), SquareJson.Default.CatalogSearch) is { } search && catalog.Search(search) is { } found
                ? Results.Json(found, SquareJson.Default.CatalogAnswer)
                : Errors(HttpStatusCode.NotImplemented, SquareError.InvalidRequest("NOT_IMPLEMENTED", "This stand-in answers set queries of `sku` only.", "query")));
        api.MapPost("/catalog/batch-retrieve", async (HttpContext context, SquareCatalog catalog) =>
            SquareBodies.Parse(await BodyAsync(context), SquareJson.Default.CatalogRetrieval) is { ObjectIds: { } ids }
                ? Results.Json(catalog.Retrieve(ids), SquareJson.Default.CatalogAnswer)
                : Errors(HttpStatusCode.BadRequest, SquareError.InvalidRequest("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", "object_ids")));
    }

    private static async Task<IResult> ChangeAsync(HttpContext context, SquareInventory inventory, IdempotentAnswers answers, Faults faults, TimeProvider clock)
    {
        var (body, record, fault) = (await BodyAsync(context), RequestLog.Of(context), context.Items[typeof(Fault)] as Fault);
        if (faults.Current.UnanswerableIds.Any(id => Encoding.UTF8.GetString(body).Contains($"\"{id}\"", StringComparison.Ordinal)))
        {
            return Results.StatusCode(StatusCodes.Status418ImATeapot);
        }

        if (fault is { ApplyLaterMilliseconds: > 0 })
        {
            _ = Faults.LaterAsync(fault, clock, () => BatchChange.Handle(body, record, inventory, answers, faults, clock.GetUtcNow()));
            return Results.Empty;
        }

        if (fault is { Duplicate: true })
        {
            BatchChange.Handle(body, record, inventory, answers, faults, clock.GetUtcNow());
        }

        return Answer(BatchChange.Handle(body, record, inventory, answers, faults, clock.GetUtcNow()));
    }

    /// <summary>What comes before every call: pace, token, version, and the faults that were asked for.</summary>
    private static async ValueTask<object?> GuardAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        var services = context.RequestServices;
        var record = services.GetRequiredService<RequestLog>().Begin(context);
        record.IsWrite = context.Request.Path.Value!.EndsWith("/batch-create", StringComparison.Ordinal);
        var faults = services.GetRequiredService<Faults>();
        await Task.Delay(faults.Latency, services.GetRequiredService<TimeProvider>(), context.RequestAborted);
        if (services.GetRequiredService<RequestPace>().SecondsToWait() is { } seconds)
        {
            return RateLimited(context, seconds);
        }

        if (Unwelcome(context, services.GetRequiredService<SimulatorOptions>()) is { } refused)
        {
            return refused;
        }

        if (faults.Next() is not { } fault)
        {
            return await next(invocation);
        }

        context.Items[typeof(Fault)] = fault;
        if (fault is { Duplicate: true, Status: 0, Reset: false })
        {
            return await next(invocation);
        }

        if (fault is { AfterApply: true } or { ApplyLaterMilliseconds: > 0 })
        {
            // The change is made and only its answer is lost: what a retry with the same key is for.
            await next(invocation);
        }

        if (fault.Reset)
        {
            context.Abort();
            return Results.Empty;
        }

        return Failed(context, fault);
    }

    private static IResult? Unwelcome(HttpContext context, SimulatorOptions options)
    {
        var expected = Encoding.UTF8.GetBytes("Bearer " + options.AccessToken);
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString()), expected))
        {
            return Errors(HttpStatusCode.Unauthorized, new SquareError("AUTHENTICATION_ERROR", "UNAUTHORIZED", "This request could not be authorized."));
        }

        var version = context.Request.Headers["Square-Version"].ToString();
        if (version.Length == 0)
        {
            return Errors(HttpStatusCode.BadRequest, SquareError.InvalidRequest("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", "Square-Version"));
        }

        return DateOnly.TryParseExact(version, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? null
            : Errors(HttpStatusCode.BadRequest, SquareError.InvalidRequest("INVALID_SQUARE_VERSION_FORMAT", "The provided Square-Version is incorrectly formatted.", "Square-Version"));
    }

    private static IResult Failed(HttpContext context, Fault fault)
    {
        if (fault.Status == (int)HttpStatusCode.TooManyRequests)
        {
            return RateLimited(context, fault.RetryAfterSeconds);
        }

        if (fault.Status == StatusCodes.Status418ImATeapot)
        {
            // Not Square's answer: one of something in between.
            return Results.StatusCode(fault.Status);
        }

        RetryAfter(context, fault.RetryAfterSeconds);
        var (category, code) = fault.Status switch
        {
            401 => ("AUTHENTICATION_ERROR", "UNAUTHORIZED"),
            403 => ("AUTHENTICATION_ERROR", "FORBIDDEN"),
            404 => ("INVALID_REQUEST_ERROR", "NOT_FOUND"),
            < 500 => ("INVALID_REQUEST_ERROR", "BAD_REQUEST"),
            502 => ("API_ERROR", "BAD_GATEWAY"),
            503 => ("API_ERROR", "SERVICE_UNAVAILABLE"),
            504 => ("API_ERROR", "GATEWAY_TIMEOUT"),
            _ => ("API_ERROR", "INTERNAL_SERVER_ERROR"),
        };
        return Errors((HttpStatusCode)fault.Status, new SquareError(category, code, "An injected fault."));
    }

    private static IResult RateLimited(HttpContext context, int? seconds)
    {
        RetryAfter(context, seconds);
        return Errors(HttpStatusCode.TooManyRequests, new SquareError("RATE_LIMIT_ERROR", "RATE_LIMITED", "This request could not be performed due to a rate limit."));
    }

    private static void RetryAfter(HttpContext context, int? seconds)
    {
        if (seconds is { } value)
        {
            context.Response.Headers.RetryAfter = value.ToString(CultureInfo.InvariantCulture);
        }
    }

    private static IResult Answer((HttpStatusCode Status, CountsAnswer? Answer, IReadOnlyList<SquareError> Errors) outcome) => outcome.Answer is { } answer
        ? Results.Json(answer, SquareJson.Default.CountsAnswer, statusCode: (int)outcome.Status)
        : Errors(outcome.Status, [.. outcome.Errors]);

    private static IResult Errors(HttpStatusCode status, params SquareError[] errors) =>
        Results.Json(new ErrorAnswer(errors), SquareJson.Default.ErrorAnswer, statusCode: (int)status);

    private static async Task<byte[]> BodyAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }
}
