using System.Collections.Immutable;
using System.Globalization;
using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;
using ArrivedLine = StockAuthority.Core.Inventory.ArrivedLine;
using TransferLine = StockAuthority.Core.Inventory.TransferLine;

namespace StockAuthority.Server.Inventory;

/// <summary>Reads transfers into commands. Sums of lines need no bound of their own: none can pass what is available or in transit.</summary>
internal static class TransferRequests
{
    public static StockCommand.DispatchTransfer Read(DispatchTransferRequest request)
    {
        var fields = new RequestFields();
        StockRequests.Mutation(fields, request.TenantId, request.IdempotencyKey);
        var transferId = fields.Text("transfer_id", request.TransferId);
        var from = fields.Text("from_location_id", request.FromLocationId);
        var to = fields.Text("to_location_id", request.ToLocationId);
        if (from == to && from.Length > 0)
        {
            fields.Add("to_location_id", "SAME_LOCATION", "must differ from from_location_id");
        }

        var lines = Lines(fields, request);
        fields.ThrowIfAny();
        return new StockCommand.DispatchTransfer(transferId, from, to, lines);
    }

    public static StockCommand.ReceiveTransfer Read(ReceiveTransferRequest request)
    {
        var fields = new RequestFields();
        StockRequests.Mutation(fields, request.TenantId, request.IdempotencyKey);
        var transferId = fields.Text("transfer_id", request.TransferId);
        var locationId = fields.Text("location_id", request.LocationId);
        var lines = Lines(fields, request);
        fields.ThrowIfAny();
        return new StockCommand.ReceiveTransfer(transferId, locationId, lines);
    }

    private static ImmutableArray<TransferLine> Lines(RequestFields fields, DispatchTransferRequest request)
    {
        if (!StockRequests.CheckCount(fields, request.Lines.Count, "sku and quantity"))
        {
            return [];
        }

        List<TransferLine> lines = [];
        for (var index = 0; index < request.Lines.Count; index++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"lines[{index}]");
            var line = request.Lines[index];
            StockRequests.CheckQuantity(fields, path + ".quantity", line.Quantity, isSigned: false);
            lines.Add(new TransferLine(fields.Text(path + ".sku", line.Sku), Bounded(line.Quantity)));
        }

        return [.. lines.GroupBy(line => line.Sku, line => line.Quantity).Select(group => new TransferLine(group.Key, group.Sum()))];
    }

    private static ImmutableArray<ArrivedLine> Lines(RequestFields fields, ReceiveTransferRequest request)
    {
        if (!StockRequests.CheckCount(fields, request.Lines.Count, "sku, and received or lost"))
        {
            return [];
        }

        List<ArrivedLine> lines = [];
        for (var index = 0; index < request.Lines.Count; index++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"lines[{index}]");
            var line = request.Lines[index];
            if (line is { Received: 0, Lost: 0 })
            {
                fields.Add(path + ".received", "MISSING_FIELD", "or lost is required");
            }

            CheckPart(fields, path + ".received", line.Received);
            CheckPart(fields, path + ".lost", line.Lost);
            lines.Add(new ArrivedLine(fields.Text(path + ".sku", line.Sku), Bounded(line.Received), Bounded(line.Lost)));
        }

        return
        [
            .. lines.GroupBy(line => line.Sku)
                .Select(group => new ArrivedLine(group.Key, group.Sum(line => line.Received), group.Sum(line => line.Lost))),
        ];
    }

    private static void CheckPart(RequestFields fields, string field, long quantity)
    {
        if (quantity != 0)
        {
            StockRequests.CheckQuantity(fields, field, quantity, isSigned: false);
        }
    }

    /// <summary>What is out of bounds is refused; until then it must not overflow a sum.</summary>
    private static long Bounded(long quantity) => Math.Clamp(quantity, 0, StockDecisions.MaximumUnits);
}
