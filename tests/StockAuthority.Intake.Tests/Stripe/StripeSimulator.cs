using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace StockAuthority.Intake.Tests.Stripe;

/// <summary>
/// Stripe's API as far as the intake reads it, on 127.0.0.1: objects by their path, v2 events, and the list of v1 events with its
/// filters and pages (https://docs.stripe.com/api/events/list).
/// </summary>
internal sealed class StripeSimulator : IAsyncDisposable
{
    public const string ApiKey = "rk_test_simulated";

    private readonly ConcurrentDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, JsonObject[]> _settled = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<HttpRequestRecord> _requests = new();
    private readonly ConcurrentQueue<ListedEvent> _events = new();
    private WebApplication? _application;

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>Looked at before each answer: a status to answer with instead, or null.</summary>
    public Func<HttpRequestRecord, Task<int?>> Fault { get; set; } = _ => Task.FromResult<int?>(null);

    public IReadOnlyList<HttpRequestRecord> Requests => [.. _requests];

    public static async Task<StripeSimulator> StartAsync()
    {
        var simulator = new StripeSimulator();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var application = builder.Build();
        application.Run(simulator.AnswerAsync);
        await application.StartAsync();
        simulator._application = application;
        simulator.Address = new Uri(application.Urls.Single());
        return simulator;
    }

    /// <summary>An object, at the path that a thin event's related_object gives.</summary>
    public void Put(string path, JsonObject content) => _objects[path] = content;

    /// <summary>A thin event: what is delivered, while the API gives the whole of it.</summary>
    public byte[] Thin(string type, string objectPath, string id = "evt_thin_1", string? snapshotEvent = null, string created = "2023-11-14T22:13:20.750Z", string? context = null)
    {
        JsonObject Notification() => new()
        {
            ["id"] = id,
            ["object"] = "v2.core.event",
            ["type"] = type,
            ["created"] = created,
            ["livemode"] = false,
            ["context"] = context,
            ["related_object"] = new JsonObject { ["id"] = objectPath[(objectPath.LastIndexOf('/') + 1)..], ["type"] = "object", ["url"] = objectPath },
        };

        var whole = Notification();
        whole["snapshot_event"] = snapshotEvent;
        whole["reason"] = null;
        _objects[$"/v2/core/events/{id}"] = whole;
        return StripeBodies.Bytes(Notification());
    }

    /// <summary>An event that happened, in the list of events.</summary>
    public void Happened(JsonObject happened, bool isDelivered = false) => _events.Enqueue(new ListedEvent(happened, isDelivered));

    /// <summary>The balance transactions of a payout, newest first.</summary>
    public void Settled(string payout, params JsonObject[] lines) => _settled[payout] = lines;

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.StopAsync();
            await _application.DisposeAsync();
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = new HttpRequestRecord(
            context.Request.Path, context.Request.QueryString.Value ?? "", context.Request.Headers.Authorization.ToString(),
            context.Request.Headers["Stripe-Version"].ToString(), context.Request.Headers["Stripe-Context"].ToString());
        _requests.Enqueue(request);
        if (await Fault(request) is { } fault)
        {
            context.Response.StatusCode = fault;
        }
        else if (request.Authorization != $"Bearer {ApiKey}" || request.Version.Length == 0)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        }
        else if (request.Path == "/v1/events")
        {
            await context.Response.WriteAsync(Page(context.Request.Query).ToJsonString());
        }
        else if (request.Path == "/v1/balance_transactions" && context.Request.Query["expand[]"] == "data.source")
        {
            await context.Response.WriteAsync(PageOf(_settled.GetValueOrDefault(context.Request.Query["payout"].ToString(), []), context.Request.Query, request.Path).ToJsonString());
        }
        else if (_objects.TryGetValue(request.Path, out var found))
        {
            await context.Response.WriteAsync(found.ToJsonString());
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    // Newest first; an event's place among those of its second is that of its happening.
    private JsonObject Page(IQueryCollection query)
    {
        long? Number(string name) => query.TryGetValue(name, out var value) ? long.Parse(value.ToString(), CultureInfo.InvariantCulture) : null;
        var types = query["types[]"].ToHashSet();
        var matching = _events.Reverse().OrderByDescending(each => each.Created)
            .Where(each => types.Count == 0 || types.Contains(each.Type))
            .Where(each => each.Created >= (Number("created[gte]") ?? long.MinValue) && each.Created < (Number("created[lt]") ?? long.MaxValue))
            .Where(each => query["delivery_success"] != "false" || !each.IsDelivered)
            .Select(each => each.Content);
        return PageOf([.. matching], query, "/v1/events");
    }

    private static JsonObject PageOf(JsonObject[] all, IQueryCollection query, string url)
    {
        var after = query["starting_after"].ToString();
        var from = after.Length == 0 ? 0 : Array.FindIndex(all, each => each["id"]!.GetValue<string>() == after) + 1;
        var page = all.Skip(from).Take(int.Parse(query["limit"].ToString(), CultureInfo.InvariantCulture)).ToList();
        return new JsonObject
        {
            ["object"] = "list",
            ["url"] = url,
            ["has_more"] = from + page.Count < all.Length,
            ["data"] = new JsonArray([.. page.Select(each => each.DeepClone())]),
        };
    }

    internal sealed record HttpRequestRecord(string Path, string Query, string Authorization, string Version, string Context);

    private sealed record ListedEvent(JsonObject Content, bool IsDelivered)
    {
        public string? Type => Content["type"]!.GetValue<string>();

        public long Created => Content["created"]!.GetValue<long>();
    }
}
