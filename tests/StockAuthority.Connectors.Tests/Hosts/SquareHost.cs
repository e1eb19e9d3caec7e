using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StockAuthority.Connectors.Simulators;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>The real simulator in process, on a port of its own.</summary>
internal sealed class SquareHost : IAsyncDisposable
{
    public const string Token = "square-token";
    private readonly WebApplication _app;

    private SquareHost(WebApplication app)
    {
        _app = app;
        Http = new HttpClient { BaseAddress = new Uri(Address) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        Http.DefaultRequestHeaders.Add("Square-Version", "2025-08-20");
    }

    public HttpClient Http { get; }

    public string Address => _app.Urls.Single();

    public T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public RequestLog.Statistics Log => _app.Services.GetRequiredService<RequestLog>().Read();

    public static async Task<SquareHost> StartAsync(string address = "http://127.0.0.1:0", params string[] settings)
    {
        var builder = WebApplication.CreateBuilder([$"--Kestrel:Endpoints:Http:Url={address}", $"--Simulator:AccessToken={Token}", .. settings]);
        if (SimulatorHost.Configure(builder) is { } problem)
        {
            throw new InvalidOperationException(problem);
        }

        builder.Logging.ClearProviders();
        var app = SimulatorHost.Build(builder);
        await app.StartAsync();
        return new SquareHost(app);
    }

    public async Task FaultAsync(string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await Http.PutAsync(new Uri("/simulator/faults", UriKind.Relative), content);
        response.EnsureSuccessStatusCode();
    }

    public async Task<string?> QuantityAsync(string sku, string location = "shop")
    {
        var answer = await Http.GetFromJsonAsync<JsonNode>(new Uri($"/v2/inventory/{sku}?location_ids={location}", UriKind.Relative));
        return (string?)answer!["counts"]!.AsArray().SingleOrDefault()?["quantity"];
    }

    public IReadOnlyList<RequestRecord> Pushes => [.. Log.RecentRequests.Where(request => request.Path.EndsWith("batch-create", StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
