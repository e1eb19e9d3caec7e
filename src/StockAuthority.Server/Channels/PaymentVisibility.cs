using System.Diagnostics.Metrics;
using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Channels;

/// <summary>
/// Measures from a payment event's receipt to the acknowledgement of the stock that it moved. The journal does not name the event, and its
/// hash must not change for a measurement; but the event names its sequences, so an acknowledgement finds the events that it covers.
/// </summary>
internal sealed class PaymentVisibility([FromKeyedServices(DataSources.Reads)] NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>More in one acknowledgement are not measured one by one: a channel that was away for long is told by its lag.</summary>
    private const int MostEvents = 1_000;

    private const string ReceivedSql =
        """
        SELECT received_at
        FROM payment_events
        WHERE last_sequence > $1 AND last_sequence <= $2 AND tenant_id = $3 AND resolution = 1
        ORDER BY last_sequence
        LIMIT $4
        """;

    private static readonly Meter Meter = new("StockAuthority.Channels");

    private static readonly Histogram<double> Delay = Meter.CreateHistogram(
        "stockauthority.channels.payment.visible.delay",
        "s",
        "From the receipt of a payment event, at intake where it came that way, to the channel's acknowledgement of the stock that it moved",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600] });

    public async Task MeasureAsync(string tenantId, string channelId, long before, long acknowledged, CancellationToken cancellationToken)
    {
        if (acknowledged <= before || !Delay.Enabled)
        {
            return;
        }

        await using var command = database.CreateCommand(ReceivedSql);
        command.Parameters.Add(Sql.Number(before));
        command.Parameters.Add(Sql.Number(acknowledged));
        command.Parameters.Add(Sql.Text(tenantId));
        command.Parameters.Add(Sql.Number(MostEvents));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var now = time.GetUtcNow();
        while (await reader.ReadAsync(cancellationToken))
        {
            var delay = now - reader.GetFieldValue<DateTimeOffset>(0);
            Delay.Record(delay > TimeSpan.Zero ? delay.TotalSeconds : 0, new KeyValuePair<string, object?>("channel", channelId));
        }
    }
}
