using System.Text.Json;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// The id in an event's body, without reading the rest: it comes first. It only says whether a listed event is in the inbox already,
/// so a body in which it is not to be found is stored without.
/// </summary>
internal static class StripeEventId
{
    private const int LongestLength = 128;

    public static string? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isId = reader.ValueTextEquals("id"u8);
                reader.Read();
                if (isId)
                {
                    return reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 and <= LongestLength } id && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-')
                        ? id
                        : null;
                }

                reader.Skip();
            }

            return null;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
