using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Client.Tests.Faults;

/// <summary>The authority's network edge in process. It carries a key out once, and does to its answers what the script says.</summary>
internal sealed class ScriptedAuthority : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedAuthority(WebApplication app) => _app = app;

    public Script Script => _app.Services.GetRequiredService<Script>();

    public Uri Address => new(_app.Urls.Single());

    public static async Task<ScriptedAuthority> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<Script>();
        var app = builder.Build();
        app.MapGrpcService<ScriptedInventory>();
        await app.StartAsync();
        return new ScriptedAuthority(app);
    }

    public async ValueTask DisposeAsync()
    {
        Script.End();
        await _app.DisposeAsync();
    }
}

/// <summary>What happens to the next attempts, in order; after its end each is answered.</summary>
internal sealed class Script
{
    private const string KeyState = "key";

    private readonly ConcurrentQueue<Func<ServerCallContext, Task>> _faults = new();
    private readonly ConcurrentQueue<(string Key, long At)> _attempts = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Applies to every attempt that the queue has nothing for.</summary>
    public Func<ServerCallContext, Task>? Always { get; set; }

    /// <summary>Keys that were carried out, with the number of their answers.</summary>
    public ConcurrentDictionary<string, int> Applied { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<(string Key, long At)> Attempts => [.. _attempts];

    /// <summary>Before anything is done.</summary>
    public void Fail(RpcException error) => _faults.Enqueue(_ => throw error);

    /// <summary>Nothing is done, and no answer comes.</summary>
    public void Hang() => _faults.Enqueue(HangAsync);

    /// <summary>It is done, and the connection breaks before the answer.</summary>
    public void LoseAnswer() => _faults.Enqueue(context =>
    {
        Applied.AddOrUpdate((string)context.UserState[KeyState], 1, (_, times) => times);
        context.GetHttpContext().Abort();
        return Task.CompletedTask;
    });

    public async Task HangAsync(ServerCallContext context) => await _ended.Task.WaitAsync(context.CancellationToken);

    /// <summary>What happens to the next messages of Execute streams, in order; after its end their commands are carried out and answered.</summary>
    public ConcurrentQueue<Func<ExecuteRequest, ServerCallContext, Task<ExecuteResponse?>>> Messages { get; } = new();

    /// <summary>Applies to every message that the queue has nothing for.</summary>
    public Func<ExecuteRequest, ServerCallContext, Task<ExecuteResponse?>>? EveryMessage { get; set; }

    /// <summary>Carries the commands of a message out.</summary>
    public ExecuteResponse Apply(ExecuteRequest message) => new()
    {
        Outcomes =
        {
            message.Commands.Select(command => new ExecuteOutcome
            {
                IdempotencyKey = command.Adjust.IdempotencyKey,
                Replayed = !Applied.TryAdd(command.Adjust.IdempotencyKey, 1),
                Adjust = new AdjustResponse(),
            }),
        },
    };

    public async Task<ExecuteResponse?> PlayAsync(ExecuteRequest message, ServerCallContext context)
    {
        foreach (var command in message.Commands)
        {
            _attempts.Enqueue((command.Adjust.IdempotencyKey, TimeProvider.System.GetTimestamp()));
        }

        return Messages.TryDequeue(out var play) ? await play(message, context) : EveryMessage is { } always ? await always(message, context) : Apply(message);
    }

    public Task PlayAsync(string key, ServerCallContext context)
    {
        _attempts.Enqueue((key, TimeProvider.System.GetTimestamp()));
        context.UserState[KeyState] = key;
        return _faults.TryDequeue(out var fault) ? fault(context) : Always?.Invoke(context) ?? Task.CompletedTask;
    }

    public void End() => _ended.TrySetResult();
}

internal sealed class ScriptedInventory(Script script) : InventoryService.InventoryServiceBase
{
    public override async Task<ReserveResponse> Reserve(ReserveRequest request, ServerCallContext context)
    {
        await script.PlayAsync(request.IdempotencyKey, context);
        if (!script.Applied.TryAdd(request.IdempotencyKey, 1))
        {
            context.ResponseTrailers.Add("idempotent-replayed", "true");
        }

        return new ReserveResponse { Reservation = new Reservation { ReservationId = "rsv-1", OrderRef = request.OrderRef }, Sequence = 1 };
    }

    public override async Task Execute(IAsyncStreamReader<ExecuteRequest> requestStream, IServerStreamWriter<ExecuteResponse> responseStream, ServerCallContext context)
    {
        await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
        {
            if (await script.PlayAsync(message, context) is { } response)
            {
                await responseStream.WriteAsync(response, context.CancellationToken);
            }
        }
    }

    public override async Task<GetAvailabilityResponse> GetAvailability(GetAvailabilityRequest request, ServerCallContext context)
    {
        await script.PlayAsync("", context);
        return new GetAvailabilityResponse { Availabilities = { request.Keys.Select(key => new Availability { Level = new StockLevel { Sku = key.Sku } }) } };
    }
}
