using System.Collections.Immutable;
using System.Globalization;
using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;
using InspectedLine = StockAuthority.Core.Inventory.InspectedLine;
using ReturnDisposition = StockAuthority.Core.Inventory.ReturnDisposition;

namespace StockAuthority.Server.Inventory;

/// <summary>Reads returns and their inspections into commands.</summary>
internal static class ReturnRequests
{
    public static StockCommand.ReceiveReturn Read(ReceiveReturnRequest request)
    {
        var fields = new RequestFields();
        StockRequests.Mutation(fields, request.TenantId, request.IdempotencyKey);
        var orderRef = fields.Text("order_ref", request.OrderRef);
        var documentRef = fields.Text("document_ref", request.DocumentRef);
        var reservationId = fields.Optional("reservation_id", request.ReservationId);
        var lines = StockRequests.Lines(fields, request.Lines, isSigned: false);
        var occurredAt = StockRequests.OccurredAt(fields, request.OccurTime);
        fields.ThrowIfAny();
        return new StockCommand.ReceiveReturn(
            orderRef, documentRef, lines, reservationId is null ? null : StockRequests.ReservationNumber(reservationId), occurredAt);
    }

    public static StockCommand.InspectReturn Read(InspectReturnRequest request)
    {
        var fields = new RequestFields();
        StockRequests.Mutation(fields, request.TenantId, request.IdempotencyKey);
        var documentRef = fields.Text("document_ref", request.DocumentRef);
        var orderRef = fields.Optional("order_ref", request.OrderRef);
        var lines = Lines(fields, request);
        fields.ThrowIfAny();
        return new StockCommand.InspectReturn(documentRef, orderRef, lines);
    }

    /// <summary>Lines of one key and disposition are added up. The sums need no bound of their own: none can pass what is in inspection.</summary>
    private static ImmutableArray<InspectedLine> Lines(RequestFields fields, InspectReturnRequest request)
    {
        if (!StockRequests.CheckCount(fields, request.Lines.Count, "sku, location_id, quantity and disposition"))
        {
            return [];
        }

        List<InspectedLine> lines = [];
        for (var index = 0; index < request.Lines.Count; index++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"lines[{index}]");
            var line = request.Lines[index];
            var key = new StockKey(fields.Text(path + ".sku", line.Sku), fields.Text(path + ".location_id", line.LocationId));
            StockRequests.CheckQuantity(fields, path + ".quantity", line.Quantity, isSigned: false);
            if (line.Disposition == StockAuthority.Inventory.V1.ReturnDisposition.Unspecified)
            {
                fields.Add(path + ".disposition", "MISSING_FIELD", "is required");
            }
            else
            {
                fields.Known(path + ".disposition", line.Disposition);
            }

            lines.Add(new InspectedLine(key, Math.Clamp(line.Quantity, 0, StockDecisions.MaximumUnits), (ReturnDisposition)line.Disposition));
        }

        return
        [
            .. lines.GroupBy(line => (line.Key, line.Disposition), line => line.Quantity)
                .Select(group => new InspectedLine(group.Key.Key, group.Sum(), group.Key.Disposition)),
        ];
    }
}
