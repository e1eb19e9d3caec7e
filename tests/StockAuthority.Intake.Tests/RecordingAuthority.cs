using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests;

/// <summary>The authority's network edge: records each call and answers as it is told to.</summary>
internal sealed class RecordingAuthority : IAsyncDisposable
{
    private readonly WebApplication _application;

    private RecordingAuthority(WebApplication application, Recorder recorder)
    {
        _application = application;
        Calls = recorder;
    }

    public Recorder Calls { get; }

    public static async Task<RecordingAuthority> StartAsync(int port, Func<ApplyPaymentEventRequest, ApplyPaymentEventResponse>? answer = null)
    {
        var recorder = new Recorder(answer ?? (_ => new ApplyPaymentEventResponse { Resolution = Resolution.Action, Reason = "RESERVED" }));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(recorder);
        var application = builder.Build();
        application.MapGrpcService<Service>();
        await application.StartAsync();
        return new RecordingAuthority(application, recorder);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    internal sealed class Recorder(Func<ApplyPaymentEventRequest, ApplyPaymentEventResponse> answer)
    {
        private readonly ConcurrentQueue<ApplyPaymentEventRequest> _requests = new();

        public IReadOnlyList<ApplyPaymentEventRequest> Requests => [.. _requests];

        public string? Authorization { get; private set; }

        public ApplyPaymentEventResponse Apply(ApplyPaymentEventRequest request, Metadata headers)
        {
            Authorization = headers.GetValue("authorization");
            _requests.Enqueue(request);
            return answer(request);
        }
    }

    private sealed class Service(Recorder recorder) : PaymentEventService.PaymentEventServiceBase
    {
        public override Task<ApplyPaymentEventResponse> ApplyPaymentEvent(ApplyPaymentEventRequest request, ServerCallContext context) =>
            Task.FromResult(recorder.Apply(request, context.RequestHeaders));
    }
}
