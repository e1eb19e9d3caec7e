using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Pos.Square;

/// <summary>Reads of Square's API: one attempt each, which throws <see cref="SquareException"/> where it is not answered.</summary>
internal sealed class SquareReads(HttpClient http, ConnectorOptions connector, TimeProvider clock)
{
    public const string Client = "square";

    public async Task<TAnswer> PostAsync<TRequest, TAnswer>(
        string path, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken)
        where TAnswer : class
    {
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, requestType));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = content };
        return await SendAsync(message, answerType, cancellationToken);
    }

    public async Task<TAnswer> GetAsync<TAnswer>(string path, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken)
        where TAnswer : class
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        return await SendAsync(message, answerType, cancellationToken);
    }

    private async Task<TAnswer> SendAsync<TAnswer>(HttpRequestMessage message, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken)
        where TAnswer : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(connector.AttemptTimeout);
        try
        {
            using var response = await http.SendAsync(message, limit.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw new SquareException(string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)response.StatusCode}"), ChannelHttp.RetryAfter(response, clock));
            }

            return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(limit.Token), answerType) ?? throw new SquareException("an empty answer");
        }
        catch (JsonException)
        {
            throw new SquareException("an answer that is not of the published shape");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SquareException("no answer in time");
        }
    }
}
