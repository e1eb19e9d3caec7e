using System.Globalization;
using Grpc.Net.Client;
using HdrHistogram;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Bench;

/// <summary>Changes at a steady rate, and how long each takes from its record time, a little before its commit, to a subscriber of the feed.</summary>
internal static class FeedLoop
{
    private const long LongestMicroseconds = 60_000_000;
    private const int CommandsPerMessage = 50;

    public static async Task<LoopResult> RunAsync(BenchSettings settings, GrpcChannel channel, InventoryService.InventoryServiceClient client, double perSecond, TimeProvider time)
    {
        var latencies = new LongHistogram(1, LongestMicroseconds, 3);
        var from = time.GetUtcNow() + settings.WarmUp;
        var until = from + settings.Duration;
        using var watching = new ChangeFeedService.ChangeFeedServiceClient(channel).WatchChanges(new WatchChangesRequest { TenantId = BenchStand.Tenant, AfterSequence = await HeadAsync(client) });
        var seen = WatchAsync();
        await ChangeAsync();
        var received = await seen;
        return new LoopResult(
            received / settings.Duration.TotalSeconds,
            latencies.GetValueAtPercentile(50) / 1_000.0,
            latencies.GetValueAtPercentile(99) / 1_000.0,
            received,
            received == 0 ? 1 : 0);

        async Task<long> WatchAsync()
        {
            long count = 0;
            while (await watching.ResponseStream.MoveNext(CancellationToken.None))
            {
                var now = time.GetUtcNow();
                foreach (var movement in watching.ResponseStream.Current.Movements)
                {
                    var recorded = movement.RecordTime.ToDateTimeOffset();
                    if (recorded >= until)
                    {
                        return count;
                    }

                    if (recorded >= from)
                    {
                        count++;
                        latencies.RecordValue(Math.Clamp((long)(now - recorded).TotalMicroseconds, 1, LongestMicroseconds));
                    }
                }
            }

            return count;
        }

        async Task ChangeAsync()
        {
            using var call = client.Execute();
            var reading = Task.Run(async () =>
            {
                while (await call.ResponseStream.MoveNext(CancellationToken.None))
                {
                }
            });
            var begin = time.GetTimestamp();
            long made = 0;
            using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(1), time);

            // Some more after the end, so that the subscriber sees that it is over.
            while (time.GetUtcNow() < until + TimeSpan.FromSeconds(1))
            {
                while (made + CommandsPerMessage <= time.GetElapsedTime(begin).TotalSeconds * perSecond)
                {
                    var message = new ExecuteRequest { TenantId = BenchStand.Tenant, Detail = OutcomeDetail.Brief };
                    for (var index = 0; index < CommandsPerMessage; index++)
                    {
                        message.Commands.Add(new ExecuteCommand { Reserve = BenchStand.Request(string.Create(CultureInfo.InvariantCulture, $"feed-{made++}"), BenchStand.AnySku()) });
                    }

                    await call.RequestStream.WriteAsync(message);
                }

                await ticks.WaitForNextTickAsync();
            }

            await call.RequestStream.CompleteAsync();
            await reading;
        }
    }

    private static async Task<long> HeadAsync(InventoryService.InventoryServiceClient client)
    {
        var request = BenchStand.Request("feed-head", BenchStand.HotSku);
        request.TenantId = BenchStand.Tenant;
        return (await client.ReserveAsync(request)).Sequence;
    }
}
