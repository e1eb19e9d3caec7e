using Google.Protobuf;
using Grpc.Core;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

internal static class StockAnswerReading
{
    /// <summary>The response, or the refusal as the status that it is.</summary>
    public static Task<T> ReadAsync<T>(this Task<StockAnswer> answering, ServerCallContext context)
        where T : class, IMessage => answering.Then(
        static (done, context) =>
        {
            if (!done.IsCompletedSuccessfully)
            {
                return WithoutAnswerAsync(done);
            }

            if (done.Result.IsReplay)
            {
                context.ResponseTrailers.Add("idempotent-replayed", "true");
            }

            return done.Result.Refusal is { } refusal ? Task.FromException<T>(refusal.ToRpcException()) : Task.FromResult((T)done.Result.Response!);

            static async Task<T> WithoutAnswerAsync(Task<StockAnswer> failed) => (T)(await failed).Response!;
        },
        context);
}
