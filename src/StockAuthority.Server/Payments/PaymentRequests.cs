using System.Globalization;
using StockAuthority.Core.Inventory;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;
using Ledger = StockAuthority.Core.Payments;

namespace StockAuthority.Server.Payments;

/// <summary>
/// Reads payment events. What every event has must be there; what a payload may lack (the payment, the order, the lines)
/// is not demanded here: such an event is held and lists what is missing.
/// </summary>
internal static class PaymentRequests
{
    private const int SchemaVersion = 1;
    private const int MaximumModificationRefLength = 256;
    private const int MaximumPaymentMethodLength = 64;
    private const int MaximumProblems = 50;

    public static StockCommand.ApplyPaymentEvent Read(ApplyPaymentEventRequest request)
    {
        var fields = new RequestFields();
        StockRequests.Mutation(fields, request.TenantId, request.IdempotencyKey);
        if (request.Event is not { } message)
        {
            fields.Add("event", "MISSING_FIELD", "is required");
            fields.ThrowIfAny();
            throw new InvalidOperationException("Unreachable: the event is missing.");
        }

        CheckType(fields, message.EventType);
        if (message.SchemaVersion != SchemaVersion)
        {
            fields.Add("event.schema_version", "UNSUPPORTED_SCHEMA_VERSION", string.Create(CultureInfo.InvariantCulture, $"is {message.SchemaVersion}; this server reads {SchemaVersion}"));
        }

        // What could not be read has no time either.
        if (message.OccurTime is null && message.EventType != PaymentEventType.Unreadable)
        {
            fields.Add("event.occur_time", "MISSING_FIELD", "is required");
        }

        var occurredAt = fields.Time("event.occur_time", message.OccurTime);
        if (message.Problems.Count > MaximumProblems)
        {
            fields.Add("event.problems", "TOO_MANY_ENTRIES", string.Create(CultureInfo.InvariantCulture, $"has {message.Problems.Count} entries; at most {MaximumProblems} are allowed"));
        }

        var id = new Ledger.PaymentEventId(
            fields.Text("event.provider", message.Provider),
            fields.Text("event.account", message.Account),
            fields.Text("event.provider_event_id", message.ProviderEventId));
        var paymentObjectId = fields.Optional("event.payment_object_id", message.PaymentObjectId);
        fields.Optional("event.modification_ref", message.ModificationRef, MaximumModificationRefLength);
        var orderRef = fields.Optional("event.order_ref", message.OrderRef);
        var paymentMethod = fields.Optional("event.payment_method", message.PaymentMethod, MaximumPaymentMethodLength);
        var lines = StockRequests.Lines(fields, message.Lines, isSigned: false, isRequired: false, "event.lines");
        fields.ThrowIfAny();

        return new StockCommand.ApplyPaymentEvent(new Ledger.PaymentEvent(
            id,
            (Ledger.PaymentEventType)message.EventType,
            paymentObjectId,

            // Without one the event stands for itself.
            message.ModificationRef.Length > 0 ? message.ModificationRef : message.ProviderEventId,
            orderRef,
            lines,
            message.FullAmount,
            occurredAt ?? DateTimeOffset.UnixEpoch,
            [.. message.Problems])
        {
            PaymentMethod = paymentMethod,
        });
    }

    private static void CheckType(RequestFields fields, PaymentEventType type)
    {
        if (type == PaymentEventType.Unspecified)
        {
            fields.Add("event.event_type", "MISSING_FIELD", "is required");
        }
        else
        {
            fields.Known("event.event_type", type);
        }
    }
}
