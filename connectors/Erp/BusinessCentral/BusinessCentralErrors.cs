using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using StockAuthority.Connectors.Runtime.Journal;

namespace StockAuthority.Connectors.Erp.BusinessCentral;

/// <summary>Business Central says that this cannot be done.</summary>
internal sealed class BusinessCentralRefusalException(int status, string code, string detail) : Exception(detail)
{
    public int Status => status;

    public string Code => code;
}

/// <summary>Business Central cannot do it now, or may not be asked by us, or answers in a way that nobody can sort.</summary>
internal sealed class BusinessCentralUnavailableException(string reason, HttpStatusCode status, TimeSpan? retryAfter = null, bool isAnswer = false)
    : JournalUnavailableException(reason, retryAfter, isAnswer)
{
    public HttpStatusCode Status => status;
}

/// <summary>
/// Sorts error answers, <c>{"error":{"code","message"}}</c>, by whose fault they are. Codes:
/// https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/dynamics-error-codes.
/// </summary>
internal static class BusinessCentralErrors
{
    private const int LongestDetail = 1000;

    /// <summary>Codes of 400 that say something about the server and not about the request.</summary>
    private static readonly string[] Passing = ["Internal_ServerError", "Internal_TenantUnavailable", "Internal_CompanyNotFound", "Authentication_", "Authorization_"];

    /// <summary>Codes of 400 that say what is wrong with the request: application logic, its form, and values that another table does not have.</summary>
    private static readonly string[] Lasting = ["Application_", "BadRequest", "Internal_InvalidTableRelation", "Internal_RecordNotFound", "Internal_DataNotFoundFilter"];

    public static Exception Of(HttpStatusCode status, JsonNode? body, TimeSpan? retryAfter)
    {
        var error = body is JsonObject ? body["error"] as JsonObject : null;
        var code = error?["code"]?.ToString() ?? "";
        var message = error?["message"]?.ToString() ?? "";
        var detail = message.Length > LongestDetail ? message[..LongestDetail] : message;
        var reason = $"HTTP_{(int)status} {code}: {detail}";
        return status switch
        {
            HttpStatusCode.BadRequest when Begins(code, Passing) => new BusinessCentralUnavailableException(reason, status, retryAfter),
            HttpStatusCode.BadRequest when Begins(code, Lasting) => new BusinessCentralRefusalException((int)status, code, detail),
            HttpStatusCode.BadRequest => new BusinessCentralUnavailableException(reason, status, retryAfter, isAnswer: true),
            _ => new BusinessCentralUnavailableException(reason, status, retryAfter),
        };
    }

    /// <summary>Null where it is no JSON: a gateway's page, for one.</summary>
    public static JsonNode? Parse(string text)
    {
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool Begins(string code, string[] with) => with.Any(each => code.StartsWith(each, StringComparison.Ordinal));
}
