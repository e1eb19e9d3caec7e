using Google.Protobuf;
using Grpc.Core;

namespace StockAuthority.Server.Inventory;

internal static class StockAnswerReading
{
    /// <summary>The response, or the refusal as the status that it is.</summary>
    public static async Task<T> ReadAsync<T>(this Task<StockAnswer> answering, ServerCallContext context)
        where T : class, IMessage
    {
        var answer = await answering;
        if (answer.IsReplay)
        {
            context.ResponseTrailers.Add("idempotent-replayed", "true");
        }

        return answer.Refusal is { } refusal ? throw refusal.ToRpcException() : (T)answer.Response!;
    }
}
