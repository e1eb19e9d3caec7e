using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf.Collections;
using StockAuthority.Intake.Providers;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// What a checkout writes into the metadata of its payment: <c>order_ref</c>, and <c>stock_lines</c> as a JSON array of
/// <c>{sku, location_id, quantity}</c>. Stripe cuts metadata values at 500 characters
/// (https://docs.stripe.com/metadata), so a longer array goes on in <c>stock_lines_2</c>, <c>stock_lines_3</c> and so on. Before a
/// partial capture they are all lines that are captured by then, as Stripe's amounts are.
/// </summary>
internal static class StripeOrderContext
{
    private const string LinesKey = "stock_lines";
    private const string ContinuationPrefix = LinesKey + "_";

    // The bounds of Reserve: what could not be reserved is not worth sending.
    private const int MostLines = 200;
    // Stripe's own: an object has at most so many keys.
    private const int MostMetadataKeys = 50;
    private const long LargestQuantity = 1L << 53;
    private const string QuantityDefect = "is not a whole number from 1 to 9007199254740992";

    public static string OrderRef(EventFields metadata) => metadata.OptionalText("order_ref");

    /// <summary>Adds all lines or, with a problem for each defect, none: some of an order's lines would be a guess.</summary>
    public static void AddLines(JsonElement metadata, RepeatedField<StockLine> lines, List<string> problems)
    {
        var before = problems.Count;
        if (metadata.GetPropertyCount() > MostMetadataKeys)
        {
            problems.Add($"metadata has more than {MostMetadataKeys} keys");
        }
        else if (JoinedText(metadata, problems) is { } text && problems.Count == before)
        {
            var read = ReadLines(text, problems);
            if (problems.Count == before)
            {
                lines.Add(read);
            }
        }
    }

    private static string? JoinedText(JsonElement metadata, List<string> problems)
    {
        var continuations = metadata.EnumerateObject().Count(property => IsContinuation(property.Name));
        if (!metadata.TryGetProperty(LinesKey, out var first))
        {
            if (continuations > 0)
            {
                problems.Add("metadata.stock_lines is missing although a continuation of it is there");
            }

            return null;
        }

        var joined = new StringBuilder();
        Append(LinesKey, first);
        var position = 2;
        while (metadata.TryGetProperty(Continuation(position), out var next))
        {
            Append(Continuation(position), next);
            position++;
        }

        if (continuations != position - 2)
        {
            problems.Add($"metadata.{Continuation(position)} is missing although a later continuation is there");
        }

        return joined.ToString();

        void Append(string key, JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.String)
            {
                joined.Append(value.GetString());
            }
            else
            {
                problems.Add($"metadata.{key} is not text");
            }
        }
    }

    private static string Continuation(int position) => string.Create(CultureInfo.InvariantCulture, $"{ContinuationPrefix}{position}");

    private static bool IsContinuation(string key) =>
        key.StartsWith(ContinuationPrefix, StringComparison.Ordinal)
        && int.TryParse(key.AsSpan(ContinuationPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static List<StockLine> ReadLines(string text, List<string> problems)
    {
        var lines = new List<StockLine>();
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, Translated.Strict);
        }
        catch (JsonException)
        {
            problems.Add("metadata.stock_lines is not JSON, or names a property twice");
            return lines;
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Array)
            {
                problems.Add("metadata.stock_lines is not a JSON array");
                return lines;
            }

            if (document.RootElement.GetArrayLength() > MostLines)
            {
                problems.Add($"metadata.stock_lines has more than {MostLines} lines");
                return lines;
            }

            foreach (var line in document.RootElement.EnumerateArray())
            {
                lines.Add(ReadLine(line, $"metadata.stock_lines[{lines.Count}]", problems));
            }

            return lines;
        }
    }

    private static StockLine ReadLine(JsonElement line, string path, List<string> problems)
    {
        if (line.ValueKind != JsonValueKind.Object)
        {
            problems.Add($"{path} is not an object");
            return new StockLine();
        }

        var fields = new EventFields(line, path, problems);
        return new StockLine
        {
            Sku = fields.Text("sku"),
            LocationId = fields.Text("location_id"),
            Quantity = Quantity(fields.Find("quantity"), path, problems),
        };
    }

    private static long Quantity(JsonElement? value, string path, List<string> problems)
    {
        if (value is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var quantity) && quantity is >= 1 and <= LargestQuantity)
        {
            return quantity;
        }

        problems.Add(value is null ? $"{path}.quantity is missing" : $"{path}.quantity {QuantityDefect}");
        return 0;
    }
}
