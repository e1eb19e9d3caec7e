using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Client;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Samples.Terminal;

/// <summary>Sends what is unanswered over Execute, each sale under its own key, until there is an answer: what was sent before and never answered goes again.</summary>
internal sealed class Uplink(StockAuthorityClient stock, SaleJournal journal, string terminal, string location)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var news = journal.News;
            var isBroken = false;
            await foreach (var outcome in stock.ExecuteAsync(CommandsAsync(journal.Unanswered(), cancellationToken), OutcomeDetail.Brief, cancellationToken))
            {
                switch (outcome)
                {
                    case CommandOutcome.Done done:
                        journal.Add(new Answer(done.Key.Text, done.Answer.Brief.Sequence, null));
                        break;

                    // A wrong SKU or location, a key used twice: repeating does not help, and somebody has to look at it.
                    case CommandOutcome.Refused refused:
                        journal.Add(new Answer(refused.Key.Text, 0, refused.Why.Message));
                        Console.WriteLine($"not booked: {refused.Key} ({refused.Why.Message})");
                        break;
                    default:
                        isBroken = true;
                        break;
                }
            }

            await (isBroken ? Task.Delay(Pause, TimeProvider.System, cancellationToken) : news.WaitAsync(cancellationToken));
        }
    }

    private async IAsyncEnumerable<ExecuteCommand> CommandsAsync(IReadOnlyList<Sale> sales, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var sale in sales)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new ExecuteCommand
            {
                Adjust = new AdjustRequest
                {
                    IdempotencyKey = sale.Key,
                    DocumentRef = terminal,
                    Reason = AdjustmentReason.Sale,
                    Lines = { new StockLine { Sku = sale.Sku, LocationId = location, Quantity = -sale.Quantity } },
                    OccurTime = Timestamp.FromDateTimeOffset(sale.OccurredAt),
                },
            };
        }

        await Task.CompletedTask;
    }
}
