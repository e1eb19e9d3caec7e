using System.Globalization;
using System.Text.Json;

namespace StockAuthority.Intake.Providers;

/// <summary>
/// Reads fields of one JSON object. A field that is absent or not of its kind is reported once, by its path and without
/// its value, and read as a harmless default: whoever reads looks at the problems before using any of it.
/// </summary>
internal sealed class EventFields(JsonElement element, string path, List<string> problems)
{
    private const int LongestTextLength = 128;
    private const int LongestPaymentMethod = 64;

    public List<string> Problems => problems;

    public JsonElement? Find(string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    /// <summary>The fields of an object in it; where there is none, each of them is missing.</summary>
    public EventFields Object(string name) => new(Find(name) ?? default, $"{path}.{name}", problems);

    public string Text(string name) => Find(name) is { } value ? TextOf(value, name) : Report(name, "is missing", "");

    public string OptionalText(string name) => Find(name) is { } value ? TextOf(value, name) : "";

    /// <summary>The id of an object that is either named by it or expanded in place.</summary>
    public string OptionalId(string name) => Find(name) switch
    {
        null => "",
        { ValueKind: JsonValueKind.Object } expanded => new EventFields(expanded, $"{path}.{name}", problems).Text("id"),
        { } id => TextOf(id, name),
    };

    public string Id(string name) => Find(name) is null ? Report(name, "is missing", "") : OptionalId(name);

    /// <summary>An amount in the minor unit, 0 or more.</summary>
    public long MinorUnits(string name) => Find(name) is { } value ? MinorUnitsOf(value, name) : Report(name, "is missing", 0L);

    public long OptionalMinorUnits(string name, long absent) => Find(name) is { } value ? MinorUnitsOf(value, name) : absent;

    /// <summary>An ISO 4217 code, upper case.</summary>
    public string Currency(string name)
    {
        var currency = Text(name);
        return currency.Length == 0 || (currency.Length == 3 && currency.All(char.IsAsciiLetter))
            ? currency.ToUpperInvariant()
            : Report(name, "is not a three-letter code", "");
    }

    public bool Flag(string name) => Find(name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        null => Report(name, "is missing", false),
        _ => Report(name, "is not true or false", false),
    };

    public DateTimeOffset Time(string name)
    {
        if (Find(name) is not { } value)
        {
            return Report(name, "is missing", DateTimeOffset.UnixEpoch);
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is > 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : Report(name, "is not a time in whole seconds since 1970", DateTimeOffset.UnixEpoch);
    }

    /// <summary>Null where it is not there.</summary>
    public DateTimeOffset? OptionalTime(string name) => Find(name) is null ? null : Time(name);

    /// <summary>An ISO 8601 time with an offset that only people look at; null where it is not there or is none.</summary>
    public DateTimeOffset? OptionalIsoTime(string name) =>
        Find(name) is { ValueKind: JsonValueKind.String } value
        && DateTimeOffset.TryParseExact(value.GetString(), "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : null;

    /// <summary>A name that a provider gives to a way of paying, as the contract has it; empty where there is none that could be one.</summary>
    public string PaymentMethod(string name) =>
        Find(name) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 and <= LongestPaymentMethod } method
            && method.All(static each => char.IsAsciiLetterOrDigit(each) || each is '_' or '-')
                ? method.ToLowerInvariant()
                : "";

    private string TextOf(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { } text)
        {
            return Report(name, "is not text", "");
        }

        return text.Length is > 0 and <= LongestTextLength && !text.Any(char.IsControl)
            ? text
            : Report(name, $"is not 1 to {LongestTextLength} characters without control characters", "");
    }

    private long MinorUnitsOf(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var units) && units >= 0
            ? units
            : Report(name, "is not a whole number of 0 or more", 0L);

    /// <summary>Reports a defect of a field, and gives the harmless value to go on with.</summary>
    public T Report<T>(string name, string defect, T harmless)
    {
        problems.Add($"{path}.{name} {defect}");
        return harmless;
    }
}
