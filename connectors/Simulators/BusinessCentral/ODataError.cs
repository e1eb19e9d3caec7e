using System.Net;
using System.Text.Json.Nodes;

namespace StockAuthority.Connectors.Simulators.BusinessCentral;

/// <summary>What Business Central answers where a request fails. Codes: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/dynamics-error-codes.</summary>
internal sealed class ODataError(HttpStatusCode status, string code, string message) : Exception(message)
{
    public HttpStatusCode Status => status;

    public string Code => code;

    public static ODataError NotFound(string segment) => new(HttpStatusCode.NotFound, "BadRequest_ResourceNotFound", $"Resource not found for the segment '{segment}'.");

    public static ODataError Bad(string message) => new(HttpStatusCode.BadRequest, "BadRequest", message);

    public static ODataError Application(string kind, string message) => new(HttpStatusCode.BadRequest, "Application_" + kind, message);

    public JsonObject ToJson() => new() { ["error"] = new JsonObject { ["code"] = code, ["message"] = $"{Message}  CorrelationId:  {Guid.NewGuid()}." } };
}
