using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GraphQLParser.AST;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Shopify;

/// <summary><c>inventorySetQuantities</c> of the versions from 2026-04 on: all quantities or none.</summary>
internal sealed partial class SetQuantitiesMutation(ShopifyInventory inventory, ShopifyAnswers answers, Faults faults)
{
    private const int MostQuantities = 250;
    private const long LargestQuantity = 1_000_000_000;

    // Of "Set inventory quantities", as far as documented for this mutation.
    private static readonly HashSet<string> Reasons = new(StringComparer.Ordinal)
    {
        "correction", "cycle_count_available", "damaged", "movement_created", "movement_updated", "movement_received", "movement_canceled", "other", "promotion", "quality_control",
        "received", "reservation_created", "reservation_deleted", "reservation_updated", "restock", "safety_stock", "shrinkage",
    };

    private sealed record UserError(string Code, string Message, params string[] Field);

    /// <exception cref="GraphQLError">It is not executed at all.</exception>
    public GraphQLObject Execute(GraphQLRequest request, GraphQLField field, RequestRecord record)
    {
        var directive = field.Directives?.FirstOrDefault(found => found.Name.StringValue == "idempotent");
        var key = (string?)request.Argument(directive?.Arguments, "key");
        if (string.IsNullOrEmpty(key))
        {
            throw new GraphQLError("The @idempotent directive is required for this mutation but was not provided.", "BAD_REQUEST");
        }

        var input = request.Argument(field.Arguments, "input") as JsonObject ?? throw Invalid("Expected value to not be null");
        var quantities = (input["quantities"] as JsonArray)?.Select(Quantity).ToArray() ?? throw Invalid("quantities: Expected value to not be null");
        if (quantities.Length > MostQuantities)
        {
            throw new GraphQLError($"The input array size of {quantities.Length} is greater than the maximum allowed of {MostQuantities}.", "MAX_INPUT_SIZE_EXCEEDED");
        }

        record.IdempotencyKey = key;
        record.Changes = quantities.Length;
        lock (inventory.Gate)
        {
            var errors = Decide(key, input, quantities, record);
            record.ErrorCode = errors.FirstOrDefault()?.Code;
            return new GraphQLObject("InventorySetQuantitiesPayload", new Dictionary<string, Func<GraphQLField, object?>>(StringComparer.Ordinal)
            {
                ["inventoryAdjustmentGroup"] = _ => errors.Count > 0 ? null : Group(input),
                ["userErrors"] = _ => errors.Select(error => (object?)Error(error)).ToList(),
            });
        }
    }

    private sealed record QuantityInput(string InventoryItemId, string LocationId, long Quantity, long? ChangeFrom);

    private List<UserError> Decide(string key, JsonObject input, QuantityInput[] quantities, RequestRecord record)
    {
        var text = input.ToJsonString();
        if (answers.Find(key) is { } found)
        {
            record.Replayed = found.Input == text && found.UserErrors is null;
            return found.Input != text ? [new("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "The same idempotency key cannot be used with different operation parameters.")]
                : found.UserErrors is not null ? [new("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "A previous request with this idempotency key failed. Retry with a new idempotency key.")]
                : [];
        }

        List<UserError> errors = [.. Problems(input, quantities)];
        if (errors.Count == 0)
        {
            foreach (var quantity in quantities)
            {
                inventory.Set(quantity.InventoryItemId, quantity.LocationId, quantity.Quantity, (string?)input["referenceDocumentUri"]);
            }
        }

        answers.Keep(key, text, errors.Count == 0 ? null : new JsonArray([.. errors.Select(error => (JsonNode?)error.Code)]));
        return errors;
    }

    private IEnumerable<UserError> Problems(JsonObject input, QuantityInput[] quantities)
    {
        if ((string?)input["name"] is not ("available" or "on_hand"))
        {
            yield return new("INVALID_NAME", "The quantity name must be either 'available' or 'on_hand'.", "input", "name");
        }

        if (!Reasons.Contains((string?)input["reason"] ?? ""))
        {
            yield return new("INVALID_REASON", "The specified reason is invalid.", "input", "reason");
        }

        if ((string?)input["referenceDocumentUri"] is { } reference && !Uri.TryCreate(reference, UriKind.Absolute, out _))
        {
            yield return new("INVALID_REFERENCE_DOCUMENT", "The specified reference document is invalid.", "input", "referenceDocumentUri");
        }

        var fault = faults.Current;
        var seen = new HashSet<(string, string)>();
        foreach (var (index, quantity) in quantities.Index())
        {
            string[] at = ["input", "quantities", index.ToString(CultureInfo.InvariantCulture)];
            if (!InventoryItemId().IsMatch(quantity.InventoryItemId))
            {
                yield return new("INVALID_INVENTORY_ITEM", "The specified inventory item could not be found.", [.. at, "inventoryItemId"]);
            }
            else if (fault.RefusedInventoryItemIds.Contains(quantity.InventoryItemId, StringComparer.Ordinal))
            {
                yield return new(fault.RefusalCode, "The specified inventory item was refused.", fault.RefusalNamesField ? [.. at, "inventoryItemId"] : ["input"]);
            }
            else if (!LocationId().IsMatch(quantity.LocationId))
            {
                yield return new("INVALID_LOCATION", "The specified location could not be found.", [.. at, "locationId"]);
            }
            else if (!seen.Add((quantity.InventoryItemId, quantity.LocationId)))
            {
                yield return new("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "The combination of inventoryItemId and locationId must be unique.", at);
            }
            else if (quantity.Quantity is > LargestQuantity or < -LargestQuantity)
            {
                yield return quantity.Quantity > 0
                    ? new("INVALID_QUANTITY_TOO_HIGH", "The total quantity can't be higher than 1,000,000,000.", [.. at, "quantity"])
                    : new("INVALID_QUANTITY_TOO_LOW", "The total quantity can't be lower than -1,000,000,000.", [.. at, "quantity"]);
            }
            else if (quantity.ChangeFrom is { } expected && expected != inventory.Available(quantity.InventoryItemId, quantity.LocationId))
            {
                yield return new("CHANGE_FROM_QUANTITY_STALE", "The changeFromQuantity argument no longer matches the persisted quantity.", [.. at, "changeFromQuantity"]);
            }
        }
    }

    /// <summary>From 2026-04 on <c>changeFromQuantity</c> has to be there, if only as null.</summary>
    private static QuantityInput Quantity(JsonNode? node)
    {
        try
        {
            return node is JsonObject quantity && quantity.TryGetPropertyValue("changeFromQuantity", out var changeFrom) && quantity.Count == 4
                ? new QuantityInput((string)quantity["inventoryItemId"]!, (string)quantity["locationId"]!, (long)quantity["quantity"]!, (long?)changeFrom)
                : throw Invalid("InventoryQuantityInput: changeFromQuantity: Expected value to not be omitted, or an unknown field is not defined");
        }
        catch (Exception failure) when (failure is InvalidOperationException or FormatException or ArgumentNullException or NullReferenceException)
        {
            throw Invalid("InventoryQuantityInput was provided invalid value");
        }
    }

    private static GraphQLObject Group(JsonObject input) => new("InventoryAdjustmentGroup", new Dictionary<string, Func<GraphQLField, object?>>(StringComparer.Ordinal)
    {
        ["reason"] = _ => (string?)input["reason"],
        ["referenceDocumentUri"] = _ => (string?)input["referenceDocumentUri"],
    });

    private static GraphQLObject Error(UserError error) => new("InventorySetQuantitiesUserError", new Dictionary<string, Func<GraphQLField, object?>>(StringComparer.Ordinal)
    {
        ["code"] = _ => error.Code,
        ["message"] = _ => error.Message,
        ["field"] = _ => error.Field.Length == 0 ? null : error.Field.Cast<object?>().ToList(),
    });

    private static GraphQLError Invalid(string message) => new($"Variable $input of type InventorySetQuantitiesInput! was provided invalid value ({message})", "INVALID_VARIABLE");

    [GeneratedRegex("^gid://shopify/InventoryItem/[0-9]+$")]
    private static partial Regex InventoryItemId();

    [GeneratedRegex("^gid://shopify/Location/[0-9]+$")]
    private static partial Regex LocationId();
}
