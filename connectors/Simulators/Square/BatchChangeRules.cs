using System.Globalization;
using System.Text.RegularExpressions;

namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>The published rules for BatchChangeInventory: lengths, enumerations, times. All errors of a request are listed.</summary>
internal sealed partial class BatchChangeRules(DateTimeOffset now)
{
    private const int MostChanges = 100;
    private const int KeyLength = 128;
    private const int IdLength = 100;
    private const int ReferenceLength = 255;
    private const int QuantityLength = 26;
    private const int TimeLength = 34;
    private static readonly TimeSpan OldestOccurrence = TimeSpan.FromHours(24);
    private static readonly HashSet<string> ChangeTypes = new(StringComparer.Ordinal) { "PHYSICAL_COUNT", "ADJUSTMENT", "TRANSFER" };
    private readonly List<SquareError> _errors = [];
    private readonly List<CountChange> _changes = [];

    public IReadOnlyList<SquareError> Errors => _errors;

    public IReadOnlyList<CountChange> Changes => _changes;

    public void Check(BatchChangeRequest request)
    {
        Text(request.IdempotencyKey, "idempotency_key", KeyLength);
        if (request.Changes is { Count: > MostChanges })
        {
            Wrong("ARRAY_LENGTH_TOO_LONG", $"Field must not be greater than {MostChanges} in length", "changes");
            return;
        }

        for (var index = 0; index < (request.Changes?.Count ?? 0); index++)
        {
            Check(request.Changes![index], string.Create(CultureInfo.InvariantCulture, $"changes[{index}]"));
        }
    }

    private void Check(InventoryChange? change, string field)
    {
        if (change?.Type is null)
        {
            Wrong("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", $"{field}.type");
        }
        else if (!ChangeTypes.Contains(change.Type))
        {
            Wrong("INVALID_ENUM_VALUE", $"`{change.Type}` is not a valid enum value.", $"{field}.type");
        }
        else if (change.Type != "PHYSICAL_COUNT")
        {
            Wrong("NOT_IMPLEMENTED", "This stand-in keeps physical counts only.", $"{field}.type");
        }
        else if (change.PhysicalCount is null)
        {
            Wrong("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", $"{field}.physical_count");
        }
        else
        {
            Check(change.PhysicalCount, $"{field}.physical_count");
        }
    }

    private void Check(PhysicalCount count, string field)
    {
        var before = _errors.Count;
        Text(count.CatalogObjectId, $"{field}.catalog_object_id", IdLength);
        Text(count.LocationId, $"{field}.location_id", IdLength);
        if (count.ReferenceId is { Length: > ReferenceLength })
        {
            Wrong("VALUE_TOO_LONG", $"Field must not be greater than {ReferenceLength} in length", $"{field}.reference_id");
        }

        State(count.State, $"{field}.state");
        var quantity = Quantity(count.Quantity, $"{field}.quantity");
        var occurredAt = Time(count.OccurredAt, $"{field}.occurred_at");
        if (_errors.Count == before)
        {
            _changes.Add(new CountChange(count.CatalogObjectId!, count.LocationId!, quantity, occurredAt, count.ReferenceId));
        }
    }

    private void State(string? state, string field)
    {
        if (!Text(state, field, int.MaxValue))
        {
            return;
        }

        if (!InventoryStates.All.Contains(state!))
        {
            Wrong("INVALID_ENUM_VALUE", $"`{state}` is not a valid enum value.", field);
        }
        else if (state != InventoryStates.InStock)
        {
            Wrong("INVALID_VALUE", "A physical count is kept for the state IN_STOCK only.", field);
        }
    }

    private decimal Quantity(string? quantity, string field)
    {
        if (!Text(quantity, field, QuantityLength))
        {
            return 0;
        }

        if (DecimalString().IsMatch(quantity!) && decimal.TryParse(quantity, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var units))
        {
            return units;
        }

        Wrong("INVALID_VALUE", "A quantity is a decimal string with up to 5 digits after the decimal point.", field);
        return 0;
    }

    private DateTimeOffset Time(string? time, string field)
    {
        if (!Text(time, field, TimeLength))
        {
            return default;
        }

        if (!SquareTimes.TryParse(time!, out var occurredAt))
        {
            Wrong("INVALID_TIME", "A time is an RFC 3339 timestamp.", field);
        }
        else if (occurredAt > now)
        {
            Wrong("INVALID_VALUE", "The timestamp must not be in the future.", field);
        }
        else if (now - occurredAt > OldestOccurrence)
        {
            Wrong("INVALID_VALUE", "The timestamp must not be older than 24 hours.", field);
        }

        return occurredAt;
    }

    private bool Text(string? value, string field, int most)
    {
        switch (value)
        {
            case null:
                Wrong("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", field);
                return false;
            case "":
                Wrong("VALUE_EMPTY", "Field must not be blank", field);
                return false;
            case var text when text.Length > most:
                Wrong("VALUE_TOO_LONG", $"Field must not be greater than {most} in length", field);
                return false;
            default:
                return true;
        }
    }

    private void Wrong(string code, string detail, string field) => _errors.Add(SquareError.InvalidRequest(code, detail, field));

    [GeneratedRegex(@"^\d+(\.\d{1,5})?$")]
    private static partial Regex DecimalString();
}
