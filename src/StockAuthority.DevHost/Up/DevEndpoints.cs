using System.Text.Json;
using System.Text.Json.Serialization;

namespace StockAuthority.DevHost.Up;

/// <summary>Where everything is, for people and programs: <c>.local/dev/endpoints.json</c> while the system runs.</summary>
internal sealed record DevEndpoints
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required string Grpc { get; init; }

    public required string Http { get; init; }

    public required string Simulator { get; init; }

    /// <summary>Npgsql connection string of the server's database.</summary>
    public required string Postgres { get; init; }

    /// <summary>Npgsql connection string of the webhook connector's database.</summary>
    public required string Webhooks { get; init; }

    public required string Redis { get; init; }

    /// <summary>For the tenant below.</summary>
    public required string Token { get; init; }

    public required string Tenant { get; init; }

    public required string StripeWebhookSecret { get; init; }

    /// <summary>Hexadecimal, as Adyen's Customer Area gives it.</summary>
    public required string AdyenHmacKey { get; init; }

    /// <summary>The access token that the channel simulator takes.</summary>
    public required string SimulatorToken { get; init; }

    [JsonIgnore]
    public string Line => $"ready grpc={Grpc} http={Http} simulator={Simulator} redis={Redis} tenant={Tenant}";

    public void Write(string path) => PrivateFile.Write(path, JsonSerializer.Serialize(this, Format));
}
