using System.Text.Json.Serialization;

namespace StockAuthority.Connectors.Simulators.Control;

/// <summary>What the stand-in has and Square has not: faults on demand, and what was asked of it.</summary>
internal static class ControlApi
{
    public static void MapSimulatorControl(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPut("/simulator/faults", async (HttpContext context, Faults faults) =>
        {
            var fault = await context.Request.ReadFromJsonAsync(ControlJson.Default.Fault, context.RequestAborted);
            if (fault is null or { Status: not 0 and (< 400 or > 599) } or { LatencyMilliseconds: < 0 } or { Count: < 0 } or { RetryAfterSeconds: < 0 } or { ReadLagMilliseconds: < 0 } or { ApplyLaterMilliseconds: < 0 or > 60_000 })
            {
                return Results.BadRequest("A status is 400 to 599, and numbers are not negative.");
            }

            faults.Set(fault);
            return Results.NoContent();
        });
        endpoints.MapGet("/simulator/applied", (string item, string place, RequestLog log) =>
        {
            var (quantity, appliedChanges) = log.Last(item, place);
            return Results.Text(FormattableString.Invariant($"{quantity} {appliedChanges}"));
        });
        endpoints.MapGet("/simulator/requests", (RequestLog log) => Results.Json(log.Read(), ControlJson.Default.Statistics));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Fault))]
[JsonSerializable(typeof(RequestLog.Statistics))]
internal sealed partial class ControlJson : JsonSerializerContext;
