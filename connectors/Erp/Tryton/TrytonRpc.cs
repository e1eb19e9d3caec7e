using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace StockAuthority.Connectors.Erp.Tryton;

/// <summary>
/// Tryton's JSON-RPC (https://docs.tryton.org, server: trytond.protocols.jsonrpc): one call after the other with a session that is
/// opened again when Tryton has forgotten it.
/// </summary>
internal sealed class TrytonRpc(HttpClient http, TrytonOptions options)
{
    private AuthenticationHeaderValue? _session;
    private JsonObject _context = [];

    /// <summary>The company's id; after the first call.</summary>
    public long Company => _context["company"]?.GetValue<long>()
        ?? throw new TrytonRefusalException("NO_COMPANY", $"User '{options.User}' of Tryton has no company.");

    public static JsonObject Decimal(decimal value) => new() { ["__class__"] = "Decimal", ["decimal"] = value.ToString(CultureInfo.InvariantCulture) };

    public static JsonObject Date(DateTimeOffset time) =>
        new() { ["__class__"] = "date", ["year"] = time.UtcDateTime.Year, ["month"] = time.UtcDateTime.Month, ["day"] = time.UtcDateTime.Day };

    /// <summary>A time as Tryton writes it; it keeps UTC.</summary>
    public static DateTimeOffset Time(JsonNode value)
    {
        int Part(string name) => value[name]?.GetValue<int>() ?? 0;
        return new DateTimeOffset(Part("year"), Part("month"), Part("day"), Part("hour"), Part("minute"), Part("second"), TimeSpan.Zero).AddMicroseconds(Part("microsecond"));
    }

    /// <summary>Records that fit a domain, by id.</summary>
    public async Task<JsonArray> SearchAsync(string model, JsonArray domain, string[] fields, CancellationToken cancellationToken) =>
        (await CallAsync(model, "search_read", [domain, 0, null, new JsonArray(new JsonArray("id", "ASC")), Texts(fields)], cancellationToken))!.AsArray();

    public static JsonArray Texts(IEnumerable<string> values) => [.. values.Select(value => (JsonNode?)JsonValue.Create(value))];

    public static JsonArray Ids(IEnumerable<long> values) => [.. values.Select(value => (JsonNode?)JsonValue.Create(value))];

    /// <summary>A call of a model's method with the user's context.</summary>
    public async Task<JsonNode?> CallAsync(string model, string method, JsonArray parameters, CancellationToken cancellationToken)
    {
        for (var isRenewed = false; ; isRenewed = true)
        {
            if (_session is null)
            {
                await LoginAsync(cancellationToken);
            }

            var all = parameters.DeepClone().AsArray();
            all.Add(_context.DeepClone());
            using var response = await SendAsync($"model.{model}.{method}", all, cancellationToken);
            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden && !isRenewed)
            {
                _session = null;
                continue;
            }

            return await ResultAsync(response, cancellationToken);
        }
    }

    private async Task LoginAsync(CancellationToken cancellationToken)
    {
        using var login = await SendAsync("common.db.login", [options.User, new JsonObject { ["password"] = options.Password }, "en"], cancellationToken);
        if (await ResultAsync(login, cancellationToken) is not JsonArray { Count: >= 2 } answer)
        {
            throw new TrytonRefusalException("LOGIN_REFUSED", $"Tryton refuses user '{options.User}'.");
        }

        _session = new AuthenticationHeaderValue("Session", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.User}:{answer[0]}:{answer[1]}")));
        using var preferences = await SendAsync("model.res.user.get_preferences", [true, new JsonObject()], cancellationToken);
        _context = (await ResultAsync(preferences, cancellationToken))!.DeepClone().AsObject();
    }

    private Task<HttpResponseMessage> SendAsync(string method, JsonArray parameters, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(options.Address, $"/{Uri.EscapeDataString(options.Database)}/"))
        {
            Content = new StringContent(
                new JsonObject { ["id"] = 1, ["method"] = method, ["params"] = parameters }.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = _session;
        return http.SendAsync(request, cancellationToken);
    }

    private static async Task<JsonNode?> ResultAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        response.EnsureSuccessStatusCode();
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        if (answer?["error"] is not JsonArray error)
        {
            return answer?["result"];
        }

        var name = error[0]?.ToString() ?? "";
        var detail = error.Count > 1 ? error[1] is JsonArray { Count: > 0 } parts ? parts[0]?.ToString() : error[1]?.ToString() : null;
        throw name is "UserError" or "UserWarning" ? new TrytonRefusalException(name, Shortened(detail ?? name)) : new TrytonFaultException(Shortened($"{name} {detail}"));
    }

    private static string Shortened(string text) => text.Length > 1000 ? text[..1000] : text;
}
