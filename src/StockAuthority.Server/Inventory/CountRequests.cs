using System.Collections.Immutable;
using System.Globalization;
using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;
using CountedLine = StockAuthority.Core.Inventory.CountedLine;

namespace StockAuthority.Server.Inventory;

/// <summary>Reads counts into commands.</summary>
internal static class CountRequests
{
    public static StockCommand.SetLevels Read(SetLevelsRequest request)
    {
        var fields = new RequestFields();
        StockRequests.Mutation(fields, request.TenantId, request.IdempotencyKey);
        var documentRef = fields.Text("document_ref", request.DocumentRef);
        var lines = Lines(fields, request);
        var occurredAt = StockRequests.OccurredAt(fields, request.OccurTime);
        fields.ThrowIfAny();
        return new StockCommand.SetLevels(documentRef, lines, occurredAt);
    }

    private static ImmutableArray<CountedLine> Lines(RequestFields fields, SetLevelsRequest request)
    {
        if (!StockRequests.CheckCount(fields, request.Lines.Count, "sku, location_id, counted_on_hand and expected_version"))
        {
            return [];
        }

        var lines = ImmutableArray.CreateBuilder<CountedLine>(request.Lines.Count);
        var keys = new HashSet<StockKey>();
        for (var index = 0; index < request.Lines.Count; index++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"lines[{index}]");
            var line = request.Lines[index];
            var key = new StockKey(fields.Text(path + ".sku", line.Sku), fields.Text(path + ".location_id", line.LocationId));
            if (!keys.Add(key) && line is { Sku.Length: > 0, LocationId.Length: > 0 })
            {
                fields.Add(path, "DUPLICATE_LINE", "counts a SKU and location that an earlier line counts");
            }

            if (!line.HasCountedOnHand)
            {
                fields.Add(path + ".counted_on_hand", "MISSING_FIELD", "is required; 0 where nothing is there");
            }
            else if (line.CountedOnHand is < 0 or > StockDecisions.MaximumUnits)
            {
                fields.Add(path + ".counted_on_hand", "QUANTITY_OUT_OF_RANGE", "must be 0 to 2^53");
            }

            if (line.ExpectedVersion == 0)
            {
                fields.Add(path + ".expected_version", "MISSING_FIELD", "is required: the version of the level that was counted");
            }
            else
            {
                fields.Sequence(path + ".expected_version", line.ExpectedVersion);
            }

            lines.Add(new CountedLine(key, line.CountedOnHand, line.ExpectedVersion));
        }

        return lines.ToImmutable();
    }
}
