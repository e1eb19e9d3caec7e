using Grpc.Core;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Bench;

/// <summary>Execute streams that each keep a number of messages unanswered.</summary>
internal static class StreamLoop
{
    private const int CommandsPerMessage = 125;
    private const int UnansweredMessages = 4;

    /// <param name="clients">One stream for each.</param>
    /// <param name="command">Makes a command from a number of its own.</param>
    public static async Task<LoopResult> RunAsync(
        BenchSettings settings,
        string tenant,
        IReadOnlyList<InventoryService.InventoryServiceClient> clients,
        Func<long, ExecuteCommand> command,
        TimeProvider time)
    {
        long next = 0;
        await RunAsync(settings.WarmUp);
        var started = time.GetTimestamp();
        var results = await RunAsync(settings.Duration);
        var elapsed = time.GetElapsedTime(started);
        var applied = results.Sum(result => result.Applied);
        return new LoopResult(applied / elapsed.TotalSeconds, 0, 0, results.Sum(result => result.Sent), results.Sum(result => result.Sent) - applied);

        async Task<Stream[]> RunAsync(TimeSpan duration)
        {
            var begin = time.GetTimestamp();
            return await Task.WhenAll(clients.Select(client => Task.Run(async () =>
            {
                using var call = client.Execute();
                var stream = new Stream(call);
                var reading = stream.ReadAsync();
                while (time.GetElapsedTime(begin) < duration)
                {
                    await stream.Room.WaitAsync();
                    var message = new ExecuteRequest { TenantId = tenant, Detail = OutcomeDetail.Brief };
                    for (var index = 0; index < CommandsPerMessage; index++)
                    {
                        message.Commands.Add(command(Interlocked.Increment(ref next)));
                    }

                    stream.Sent += CommandsPerMessage;
                    await call.RequestStream.WriteAsync(message);
                }

                await call.RequestStream.CompleteAsync();
                await reading;
                return stream;
            })));
        }
    }

    private sealed class Stream(AsyncDuplexStreamingCall<ExecuteRequest, ExecuteResponse> call)
    {
        public SemaphoreSlim Room { get; } = new(UnansweredMessages);

        public long Sent { get; set; }

        public long Applied { get; private set; }

        public async Task ReadAsync()
        {
            long answered = 0;
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                foreach (var outcome in call.ResponseStream.Current.Outcomes)
                {
                    Applied += outcome.ResultCase == ExecuteOutcome.ResultOneofCase.Brief ? 1 : 0;
                    if (++answered % CommandsPerMessage == 0)
                    {
                        Room.Release();
                    }
                }
            }
        }
    }
}
