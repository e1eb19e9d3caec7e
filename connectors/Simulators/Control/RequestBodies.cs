using System.Text.Json;
using System.Text.Json.Nodes;

namespace StockAuthority.Connectors.Simulators.Control;

internal static class RequestBodies
{
    /// <summary>Null where the body is no JSON.</summary>
    public static async Task<JsonNode?> JsonAsync(HttpContext context)
    {
        try
        {
            return await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
