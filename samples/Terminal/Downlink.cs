using System.Globalization;
using Google.Rpc;
using Grpc.Core;
using StockAuthority.ChangeFeed.V1;

namespace StockAuthority.Samples.Terminal;

/// <summary>Keeps the copy of levels by WatchChanges, from its own checkpoint on. The authority is told of it, so that it keeps what this terminal has not had.</summary>
internal sealed class Downlink(ChangeFeedService.ChangeFeedServiceClient feed, ChannelService.ChannelServiceClient levels, LevelCopy copy, string tenant, string terminal)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var watch = feed.WatchChanges(new WatchChangesRequest { TenantId = tenant, AfterSequence = copy.Checkpoint }, cancellationToken: cancellationToken);
                await foreach (var changes in watch.ResponseStream.ReadAllAsync(cancellationToken))
                {
                    if (changes.Movements.Count > 0)
                    {
                        copy.Take(changes.Levels, changes.Movements[^1].Sequence);
                        await feed.AcknowledgeChangesAsync(
                            new AcknowledgeChangesRequest { TenantId = tenant, Consumer = terminal, Sequence = copy.Checkpoint }, cancellationToken: cancellationToken);
                    }
                }
            }
            catch (RpcException gone) when (DetachedUpTo(gone) is { } sequence)
            {
                await TakeAllAsync(sequence, cancellationToken);
                continue;
            }
            catch (RpcException)
            {
                // Away, or broken off: the copy stays as it is, and goes on from its checkpoint. A call that we end ourselves says so by this too.
                cancellationToken.ThrowIfCancellationRequested();
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Away for so long that the journal does not reach back: the levels as they are now, and then on from there.</summary>
    private async Task TakeAllAsync(long sequence, CancellationToken cancellationToken)
    {
        var request = new ListLevelsRequest { TenantId = tenant, PageSize = 1000 };
        do
        {
            var page = await levels.ListLevelsAsync(request, cancellationToken: cancellationToken);
            request.PageToken = page.NextPageToken;

            // The checkpoint only with the last page: a copy that is broken off begins again.
            copy.Take(page.Levels.Select(level => (level.Sku, level.LocationId, new KnownLevel(level.Available, level.Version))), request.PageToken.Length == 0 ? sequence : 0);
        }
        while (request.PageToken.Length > 0);
    }

    private static long? DetachedUpTo(RpcException error) =>
        error.GetRpcStatus()?.GetDetail<ErrorInfo>() is { Reason: "SEQUENCE_DETACHED" } info && info.Metadata.TryGetValue("detached_up_to", out var text)
            ? long.Parse(text, CultureInfo.InvariantCulture)
            : null;
}
