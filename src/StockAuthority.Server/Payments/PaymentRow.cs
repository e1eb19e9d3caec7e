using Npgsql;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Inventory;
using Ledger = StockAuthority.Core.Payments;

namespace StockAuthority.Server.Payments;

/// <summary>Reads a payment from <see cref="Columns"/>.</summary>
internal static class PaymentRow
{
    /// <summary>Of payments.</summary>
    public const string Columns = "provider, account, payment_object_id, order_ref, named::text, facts::text, waiting::text";

    /// <param name="events">Among others those of the payment: the last decision says what it means for its order.</param>
    public static Payment Read(NpgsqlDataReader row, IEnumerable<RecordedEvent> events)
    {
        var id = new Ledger.PaymentId(row.GetString(0), row.GetString(1), row.GetString(2));
        var latest = events
            .Select(each => each.Message)
            .Where(each => each.ResultingState is not null
                && (each.Event.Provider, each.Event.Account, each.Event.PaymentObjectId) == (id.Provider, id.Account, id.ObjectId))
            .MaxBy(each => each.ResolveTime.ToDateTimeOffset());
        return PaymentMessages.Payment(
            StoredJson.ReadPayment(
                id,
                row.IsDBNull(3) ? null : row.GetString(3),
                row.IsDBNull(4) ? null : row.GetString(4),
                row.GetString(5),
                row.GetString(6)),
            latest?.ResultingState);
    }
}
