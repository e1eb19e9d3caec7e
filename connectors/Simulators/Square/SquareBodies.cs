using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>What a request's body says.</summary>
internal static class SquareBodies
{
    /// <summary>Null where it is not JSON of the expected shape.</summary>
    public static T? Parse<T>(byte[] body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
