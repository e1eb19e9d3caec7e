using System.Net.Http.Headers;
using System.Text.Json;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Pos.Square;

/// <summary>Shows the available units as physical counts in Square's Inventory API.</summary>
internal sealed class SquareChannel(HttpClient http, SquareOptions square, TimeProvider clock) : ILevelChannel
{
    private static readonly Uri BatchCreate = new("v2/inventory/changes/batch-create", UriKind.Relative);

    public string Name => "square";

    public int MaxItemsPerPush => 100;

    public async Task<PushResult> PushAsync(IReadOnlyList<LevelChange> changes, string idempotencyKey, CancellationToken cancellationToken)
    {
        var request = SquareRequest.For(changes, idempotencyKey, square, clock.GetUtcNow());
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, SquareJson.Default.BatchChangeRequest));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var response = await http.PostAsync(BatchCreate, content, cancellationToken);
            var answer = Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            return SquareOutcome.Of(request, changes, new SquareOutcome.Received(response.StatusCode, RetryAfter(response), ResponseId(response), answer));
        }
        catch (HttpRequestException exception)
        {
            return new PushResult.Unavailable(exception.HttpRequestError.ToString(), null);
        }
    }

    /// <summary>Null where the body is not Square's, for example an error page of something in between.</summary>
    private static BatchChangeAnswer? Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, SquareJson.Default.BatchChangeAnswer);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > clock.GetUtcNow() => date - clock.GetUtcNow(),
        _ => null,
    };

    private static string? ResponseId(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Square-Request-Id", out var own) ? own.FirstOrDefault()
        : response.Headers.TryGetValues("X-Request-Id", out var common) ? common.FirstOrDefault()
        : null;
}
