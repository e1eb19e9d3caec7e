using System.Buffers;
using System.Text;
using System.Text.Json;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Cli.Verification;

/// <summary>Reads the lines of a reservation from their JSON without keeping any of it.</summary>
internal static class ReservationLines
{
    /// <exception cref="VerificationException">The lines are no lines, or one has more units than it ever had.</exception>
    public static void Read(string json, Action<StockKey, long, long> take)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(json.Length));
        try
        {
            var reader = new Utf8JsonReader(bytes.AsSpan(0, Encoding.UTF8.GetBytes(json, bytes)));
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                ReadLine(ref reader, take);
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new VerificationException("what is none");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static void ReadLine(ref Utf8JsonReader reader, Action<StockKey, long, long> take)
    {
        var (sku, location) = ("", "");
        long quantity = 0, reserved = 0, committed = 0, fulfilled = 0, withdrawn = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("sku"u8))
            {
                sku = Text(ref reader);
            }
            else if (reader.ValueTextEquals("location_id"u8))
            {
                location = Text(ref reader);
            }
            else if (reader.ValueTextEquals("quantity"u8))
            {
                quantity = Number(ref reader);
            }
            else if (reader.ValueTextEquals("reserved"u8))
            {
                reserved = Number(ref reader);
            }
            else if (reader.ValueTextEquals("committed"u8))
            {
                committed = Number(ref reader);
            }
            else if (reader.ValueTextEquals("fulfilled"u8))
            {
                fulfilled = Number(ref reader);
            }
            else if (reader.ValueTextEquals("withdrawn"u8))
            {
                withdrawn = Number(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        take(new StockKey(sku, location), reserved, committed);

        // Decimals, since a sum of edited numbers may pass 64 bits.
        if ((reserved | committed | fulfilled | withdrawn) < 0 || (decimal)reserved + committed + fulfilled + withdrawn > quantity)
        {
            throw new VerificationException(
                $"{sku} at {location}: quantity {quantity}, reserved {reserved}, committed {committed}, fulfilled {fulfilled}, withdrawn {withdrawn}");
        }
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString() ?? "";
    }

    private static long Number(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetInt64();
    }
}
