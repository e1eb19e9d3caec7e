using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>
/// Checks the channel's configuration against the channel, then runs both loops for as long as this instance has the lease; else it stands by.
/// One of them failing is a bug: the process ends and starts again from its checkpoints.
/// </summary>
internal sealed partial class JournalService(
    IJournalChannel channel, JournalDelivery delivery, JournalTasks tasks, PostingReplays replays, ChannelLink link, ConnectorOptions options, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<JournalService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (!await IsUsableAsync(stoppingToken))
            {
                Environment.ExitCode = 1;
                lifetime.StopApplication();
                return;
            }

            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await LeaseTerms.FirstEndsAllAsync(ending, link.RunAsync(ending.Token), LeaseTerms.RunAsync(link, TermAsync, ending.Token));
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            // Calls that were cut off by stopping fail in their own ways; the checkpoints say where to resume.
        }

        await link.ReleaseAsync();
    }

    private Task TermAsync(CancellationTokenSource term)
    {
        var fencingNumber = link.Channel.Lease.FencingNumber;
        return LeaseTerms.FirstEndsAllAsync(
            term, delivery.RunMovementsAsync(fencingNumber, term.Token), delivery.RunIntentsAsync(term.Token), tasks.RunAsync(fencingNumber, term.Token), replays.RunAsync(term.Token));
    }

    private async Task<bool> IsUsableAsync(CancellationToken stopping)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                var problems = await channel.CheckAsync(stopping);
                foreach (var problem in problems)
                {
                    LogUnusable(channel.Name, problem);
                }

                return problems.Count == 0;
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                LogNotChecked(exception, channel.Name);
                await Task.Delay(Backoff.After(failures, options.RetryDelay, options.MaxRetryDelay), clock, stopping);
            }
        }
    }

    [LoggerMessage(LogLevel.Critical, "Channel {Channel}: {Problem}")]
    private partial void LogUnusable(string channel, string problem);

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} does not answer; its configuration is checked once it does")]
    private partial void LogNotChecked(Exception exception, string channel);
}
