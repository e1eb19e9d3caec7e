using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Operations.V1;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>
/// Tries again what people have asked for on its case, once they have mended why it was refused. What is recorded as booked, by us or by
/// somebody who did it by hand, is never posted again.
/// </summary>
internal sealed partial class PostingReplays(
    ExceptionService.ExceptionServiceClient exceptions,
    JournalFeed feed,
    RefusedEntries cases,
    IJournalChannel channel,
    JournalPoster poster,
    ChannelLink link,
    ConnectorOptions options,
    TimeProvider clock,
    ILogger<PostingReplays> logger)
{
    private const int CasesPerLook = 100;
    private const string Differs = "POSTING_DIFFERS";

    public async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            if (link.Channel is { Paused: false, Rollout.Mode: ChannelMode.On })
            {
                await LookAsync(stopping);
            }

            await Task.Delay(options.PollInterval, clock, stopping);
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        try
        {
            var asked = await exceptions.ListExceptionsAsync(
                new ListExceptionsRequest { TenantId = options.TenantId, Kind = ExceptionKind.PostingRefused, Channel = channel.Name, ReplayRequested = true, PageSize = CasesPerLook },
                deadline: clock.CallDeadline(),
                cancellationToken: stopping);
            foreach (var refused in asked.Exceptions)
            {
                await TryAsync(refused, stopping);
            }
        }
        catch (RpcException exception) when (!stopping.IsCancellationRequested)
        {
            LogNotTried(exception, options.Consumer, options.TenantId);
        }
        catch (JournalUnavailableException exception)
        {
            LogNotTried(exception, options.Consumer, options.TenantId);
        }
    }

    private async Task TryAsync(ExceptionCase refused, CancellationToken stopping)
    {
        var observedAt = clock.GetUtcNow();
        if (await RecordedAsync(refused, stopping) is { } recorded)
        {
            await JudgeRecordedAsync(refused, recorded, observedAt, stopping);
            return;
        }

        if (await feed.FindAsync(refused.Reference, stopping) is not { } entry)
        {
            await cases.ReportAgainAsync(refused, "ENTRY_GONE", "It is not in the journal any more: book it by hand and record the posting.", stopping);
            return;
        }

        if (!channel.Concerns(entry))
        {
            await MendedAsync(refused, "As it is mapped now there is nothing to book.", observedAt, stopping);
            return;
        }

        LogTrying(channel.Name, entry.Origin, options.TenantId);
        await poster.SettleAsync([entry], stopping);

        // Where it was refused once more, that is reported already and is newer than what was asked for.
        if (await RecordedAsync(refused, stopping) is { } booked)
        {
            await MendedAsync(refused, $"Booked as {booked.DocumentId}.", clock.GetUtcNow(), stopping);
        }
    }

    /// <summary>Somebody booked it by hand, or it is booked twice; of the second kind one has to be gone.</summary>
    private async Task JudgeRecordedAsync(ExceptionCase refused, Posting recorded, DateTimeOffset observedAt, CancellationToken stopping)
    {
        if (refused.Reason == Differs && await feed.FindAsync(refused.Reference, stopping) is { } entry && await poster.FindAsync(entry, stopping) is { } found && found.DocumentId != recorded.DocumentId)
        {
            await cases.ReportAgainAsync(refused, Differs, $"{channel.Name} still has it as '{found.DocumentId}', and '{recorded.DocumentId}' is recorded.", stopping);
            return;
        }

        await MendedAsync(refused, $"Recorded as {recorded.DocumentId}.", observedAt, stopping);
    }

    private Task<Posting?> RecordedAsync(ExceptionCase refused, CancellationToken stopping) => feed.PostingOfAsync(refused.Reference, channel.Name, stopping);

    private async Task MendedAsync(ExceptionCase refused, string comment, DateTimeOffset observedAt, CancellationToken stopping)
    {
        LogMended(channel.Name, refused.Reference, options.TenantId, comment);
        await cases.MendedAsync(refused, comment, observedAt, stopping);
    }

    [LoggerMessage(LogLevel.Information, "Channel {Channel} tries {Origin} of tenant {TenantId} again, as its case asks for")]
    private partial void LogTrying(string channel, string origin, string tenantId);

    [LoggerMessage(LogLevel.Information, "Channel {Channel}: the case of {Origin} of tenant {TenantId} is mended. {Comment}")]
    private partial void LogMended(string channel, string origin, string tenantId, string comment);

    [LoggerMessage(LogLevel.Warning, "What cases of consumer {Consumer} of tenant {TenantId} ask for could not be tried; trying again")]
    private partial void LogNotTried(Exception exception, string consumer, string tenantId);
}
