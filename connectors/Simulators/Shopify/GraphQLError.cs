using System.Text.Json.Nodes;

namespace StockAuthority.Connectors.Simulators.Shopify;

/// <summary>What ends a request before it does anything: an entry of the answer's <c>errors</c>.</summary>
internal sealed class GraphQLError(string message, string code) : Exception(message)
{
    public string Code => code;

    public JsonObject ToJson() => new() { ["message"] = Message, ["extensions"] = new JsonObject { ["code"] = code } };
}
