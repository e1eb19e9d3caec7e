using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>Every call of the contract, found by reflection: a new one is in every test that goes through them.</summary>
internal static class ServiceCalls
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static (byte[] value) => value, static value => value);

    public static IReadOnlyList<MethodDescriptor> All { get; } =
    [
        .. typeof(InventoryServiceReflection).Assembly.GetTypes()
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null)).OfType<FileDescriptor>()
            .Where(file => file.Package.StartsWith("stockauthority.", StringComparison.Ordinal))
            .SelectMany(file => file.Services).SelectMany(service => service.Methods),
    ];

    /// <summary>The path by which it is called and by which its scope is listed.</summary>
    public static string Path(MethodDescriptor call) => $"/{call.Service.FullName}/{call.Name}";

    /// <summary>A request that has nothing but its tenant.</summary>
    public static IMessage Empty(MethodDescriptor call, string tenant)
    {
        var request = (IMessage)Activator.CreateInstance(call.InputType.ClrType)!;
        call.InputType.FindFieldByName("tenant_id")?.Accessor.SetValue(request, tenant);
        return request;
    }

    /// <summary>Its status, and its answers where it gives some; of a stream the first one.</summary>
    public static async Task<(RpcException? Error, IMessage? Answer)> CallAsync(GrpcChannel channel, MethodDescriptor call, IMessage request, string? token)
    {
        var type = (call.IsClientStreaming, call.IsServerStreaming) switch
        {
            (false, false) => MethodType.Unary,
            (false, true) => MethodType.ServerStreaming,
            (true, true) => MethodType.DuplexStreaming,
            _ => throw new NotSupportedException("No call of ours streams only to the server."),
        };
        var method = new Method<byte[], byte[]>(type, call.Service.FullName, call.Name, Bytes, Bytes);
        var options = new CallOptions(
            token is null ? null : new Metadata { { "authorization", "Bearer " + token } },
            deadline: TimeProvider.System.GetUtcNow().AddSeconds(60).UtcDateTime);
        try
        {
            var answer = type switch
            {
                MethodType.Unary => await channel.CreateCallInvoker().AsyncUnaryCall(method, null, options, request.ToByteArray()),
                MethodType.ServerStreaming => await WatchAsync(channel.CreateCallInvoker().AsyncServerStreamingCall(method, null, options, request.ToByteArray())),
                _ => await ExchangeAsync(channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, options), request),
            };
            return (null, call.OutputType.Parser.ParseFrom(answer));
        }
        catch (RpcException error)
        {
            return (error, null);
        }
    }

    public static async Task<StatusCode> StatusAsync(GrpcChannel channel, MethodDescriptor call, IMessage request, string? token)
    {
        for (var attempt = 1; ; attempt++)
        {
            var status = (await CallAsync(channel, call, request, token)).Error?.StatusCode ?? StatusCode.OK;

            // A refused stream is ended while it is still written to; a client that notices that before it has read the answer
            // says CANCELLED. No answer of the server's is that.
            if (status != StatusCode.Cancelled || attempt == 10)
            {
                return status;
            }
        }
    }

    private static async Task<byte[]> WatchAsync(AsyncServerStreamingCall<byte[]> stream)
    {
        using (stream)
        {
            await stream.ResponseHeadersAsync;
            return await stream.ResponseStream.MoveNext(CancellationToken.None) ? stream.ResponseStream.Current : [];
        }
    }

    private static async Task<byte[]> ExchangeAsync(AsyncDuplexStreamingCall<byte[], byte[]> stream, IMessage request)
    {
        using (stream)
        {
            try
            {
                await stream.RequestStream.WriteAsync(request.ToByteArray());
                await stream.RequestStream.CompleteAsync();
            }
            catch (Exception error) when (error is InvalidOperationException or RpcException)
            {
                // It was refused before we had written, or while we did: reading says why.
            }

            return await stream.ResponseStream.MoveNext(CancellationToken.None) ? stream.ResponseStream.Current : [];
        }
    }
}
