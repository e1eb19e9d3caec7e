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
    private const int OldestSchemaVersion = 1;
    private const int NewestSchemaVersion = 2;
    private const int MaximumModificationRefLength = 256;
    private const int MaximumPaymentMethodLength = 64;
    private const int MaximumReportLineLength = 256;
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
        if (message.SchemaVersion is < OldestSchemaVersion or > NewestSchemaVersion)
        {
            fields.Add(
                "event.schema_version",
                "UNSUPPORTED_SCHEMA_VERSION",
                string.Create(CultureInfo.InvariantCulture, $"is {message.SchemaVersion}; this server reads {OldestSchemaVersion} to {NewestSchemaVersion}"));
        }

        CheckSecondVersion(fields, message);

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
        var amount = Amount(fields, message);
        var receivedAt = fields.Time("receive_time", request.ReceiveTime);
        fields.ThrowIfAny();

        return new StockCommand.ApplyPaymentEvent(new Ledger.PaymentEvent(
            id,
            (Ledger.PaymentEventType)message.EventType,
            paymentObjectId,
            ModificationRef(message),
            orderRef,
            lines,
            message.FullAmount,
            occurredAt ?? DateTimeOffset.UnixEpoch,
            [.. message.Problems],
            amount)
        {
            PaymentMethod = message.SchemaVersion >= NewestSchemaVersion ? paymentMethod : null,
        },
        receivedAt);
    }

    /// <summary>Without one the event stands for itself. A return is known by its document.</summary>
    private static string ModificationRef(PaymentEvent message) =>
        message is { EventType: PaymentEventType.ReturnReceived, DocumentRef.Length: > 0 } ? message.DocumentRef
        : message.ModificationRef.Length > 0 ? message.ModificationRef
        : message.ProviderEventId;

    private static void CheckSecondVersion(RequestFields fields, PaymentEvent message)
    {
        fields.Optional("event.case_id", message.CaseId);
        fields.Time("event.respond_by_time", message.RespondByTime);
        fields.Optional("event.report_line", message.ReportLine, MaximumReportLineLength);
        fields.Optional("event.document_ref", message.DocumentRef);
        if (message.EventType == PaymentEventType.ReturnReceived && message.SchemaVersion == OldestSchemaVersion)
        {
            fields.Add("event.event_type", "UNSUPPORTED_SCHEMA_VERSION", "came with schema version 2");
        }
    }

    /// <summary>Null where it has none, and where no payment could take it: an event that is not about one.</summary>
    private static Ledger.Money? Amount(RequestFields fields, PaymentEvent message)
    {
        if (message.Amount is not { } amount || message.EventType is PaymentEventType.Unknown or PaymentEventType.Unreadable)
        {
            return null;
        }

        if (amount.MinorUnits is < 0 or > Ledger.Money.MaximumMinorUnits)
        {
            fields.Add("event.amount.minor_units", "AMOUNT_OUT_OF_RANGE", "must be 0 to 2^53");
        }

        if (amount.Currency.Length != 3 || !amount.Currency.All(char.IsAsciiLetter))
        {
            fields.Add("event.amount.currency", "CURRENCY_INVALID", "is not a three-letter code of ISO 4217");
        }

        return new Ledger.Money(amount.Currency.ToUpperInvariant(), amount.MinorUnits);
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
