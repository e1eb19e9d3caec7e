using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Runtime.Feed;
using StockAuthority.Operations.V1;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>
/// Tries again what people have asked for on its case, once they have mended why it was refused. What is recorded as booked, by us or by
/// somebody who did it by hand, is never posted again.
/// </summary>
internal sealed partial class PostingReplays(
    ExceptionService.ExceptionServiceClient exceptions,
    PostingService.PostingServiceClient postings,
    ChangeFeedService.ChangeFeedServiceClient feed,
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

        if (await EntryAsync(refused, stopping) is not { } entry)
        {
            await AgainAsync(refused, "ENTRY_GONE", "It is not in the journal any more: book it by hand and record the posting.", stopping);
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
        if (refused.Reason == Differs && await EntryAsync(refused, stopping) is { } entry && await poster.FindAsync(entry, stopping) is { } found && found.DocumentId != recorded.DocumentId)
        {
            await AgainAsync(refused, Differs, $"{channel.Name} still has it as '{found.DocumentId}', and '{recorded.DocumentId}' is recorded.", stopping);
            return;
        }

        await MendedAsync(refused, $"Recorded as {recorded.DocumentId}.", observedAt, stopping);
    }

    private async Task<Posting?> RecordedAsync(ExceptionCase refused, CancellationToken stopping) => (await postings.ListPostingsAsync(
        new ListPostingsRequest { TenantId = options.TenantId, Origin = refused.Reference, System = channel.Name, PageSize = 1 }, deadline: clock.CallDeadline(), cancellationToken: stopping)).Postings.SingleOrDefault();

    /// <summary>Null where the reference names none, or one that was detached from the journal.</summary>
    private async Task<JournalEntry?> EntryAsync(ExceptionCase refused, CancellationToken stopping)
    {
        if (refused.Reference.Split('/') is not [var kind, var text] || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
        {
            return null;
        }

        try
        {
            return kind switch
            {
                "movement" => (await feed.ReadChangesAsync(
                        new ReadChangesRequest { TenantId = options.TenantId, AfterSequence = number - 1, PageSize = 1 }, deadline: clock.CallDeadline(), cancellationToken: stopping))
                    .Movements.Where(movement => movement.Sequence == number).Select(movement => new JournalEntry.Goods(movement)).SingleOrDefault(),
                "intent" => (await postings.ListPostingIntentsAsync(
                        new ListPostingIntentsRequest { TenantId = options.TenantId, AfterIntentNumber = number - 1, PaymentsOnly = true, PageSize = 1 }, deadline: clock.CallDeadline(), cancellationToken: stopping))
                    .PostingIntents.Where(intent => intent.IntentNumber == number).Select(intent => new JournalEntry.Ledger(intent)).SingleOrDefault(),
                _ => null,
            };
        }
        catch (RpcException exception) when (JournalReader.DetachedUpTo(exception) is not null)
        {
            return null;
        }
    }

    private async Task MendedAsync(ExceptionCase refused, string comment, DateTimeOffset observedAt, CancellationToken stopping)
    {
        LogMended(channel.Name, refused.Reference, options.TenantId, comment);
        await exceptions.ReportExceptionMendedAsync(
            new ReportExceptionMendedRequest
            {
                TenantId = options.TenantId,
                Kind = refused.Kind,
                Channel = refused.Channel,
                Sku = refused.Sku,
                LocationId = refused.LocationId,
                Reference = refused.Reference,
                ObserveTime = Timestamp.FromDateTimeOffset(observedAt),
                Comment = comment,
            },
            deadline: clock.CallDeadline(),
            cancellationToken: stopping);
    }

    /// <summary>The case stays open, and what was asked for is answered.</summary>
    private async Task AgainAsync(ExceptionCase refused, string reason, string summary, CancellationToken stopping) => await exceptions.ReportExceptionAsync(
        new ReportExceptionRequest
        {
            TenantId = options.TenantId,
            Kind = refused.Kind,
            Channel = refused.Channel,
            Sku = refused.Sku,
            LocationId = refused.LocationId,
            Reference = refused.Reference,
            OrderRef = refused.OrderRef,
            Reason = reason,
            Evidence = new ExceptionEvidence { Summary = summary, ObserveTime = Timestamp.FromDateTimeOffset(clock.GetUtcNow()) },
        },
        deadline: clock.CallDeadline(),
        cancellationToken: stopping);

    [LoggerMessage(LogLevel.Information, "Channel {Channel} tries {Origin} of tenant {TenantId} again, as its case asks for")]
    private partial void LogTrying(string channel, string origin, string tenantId);

    [LoggerMessage(LogLevel.Information, "Channel {Channel}: the case of {Origin} of tenant {TenantId} is mended. {Comment}")]
    private partial void LogMended(string channel, string origin, string tenantId, string comment);

    [LoggerMessage(LogLevel.Warning, "What cases of consumer {Consumer} of tenant {TenantId} ask for could not be tried; trying again")]
    private partial void LogNotTried(Exception exception, string consumer, string tenantId);
}
