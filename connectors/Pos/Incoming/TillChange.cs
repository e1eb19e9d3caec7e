using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using StockAuthority.Connectors.Pos.Square;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>One change as Square lists it. Any bytes give one: what cannot be read has no kind.</summary>
internal sealed record TillChange
{
    private const int LongestId = 100;

    /// <summary>Square's id; of what cannot be read, a hash of it.</summary>
    public required string Id { get; init; }

    /// <summary>PHYSICAL_COUNT or ADJUSTMENT, which are all that Square lists (no TRANSFER); empty where it cannot be read.</summary>
    public string Type { get; init; } = "";

    public string CatalogObjectId { get; init; } = "";

    public string LocationId { get; init; } = "";

    public string FromState { get; init; } = "";

    public string ToState { get; init; } = "";

    /// <summary>The state that units leave for, or come from, in the end: components of a bundle pass through others.</summary>
    public string GroupFromState { get; init; } = "";

    /// <inheritdoc cref="GroupFromState"/>
    public string GroupToState { get; init; } = "";

    public decimal Quantity { get; init; }

    public string TransactionId { get; init; } = "";

    public DateTimeOffset OccurredAt { get; init; }

    /// <summary>When Square received it.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether we wrote it ourselves.</summary>
    public bool IsEcho { get; init; }

    public static TillChange Read(ReadOnlySpan<byte> body)
    {
        ListedChange? listed;
        try
        {
            listed = JsonSerializer.Deserialize(body, ChangeJson.Default.ListedChange);
        }
        catch (JsonException)
        {
            listed = null;
        }

        var read = listed switch
        {
            { Type: "ADJUSTMENT", Adjustment: { Id: { Length: > 0 and <= LongestId } id } each } when Known(each.CatalogObjectId, each.LocationId, each.FromState, each.ToState) => new TillChange
            {
                Id = id,
                Type = listed.Type,
                CatalogObjectId = each.CatalogObjectId!,
                LocationId = each.LocationId!,
                FromState = each.FromState!,
                ToState = each.ToState!,
                GroupFromState = each.AdjustmentGroup?.FromState ?? "",
                GroupToState = each.AdjustmentGroup?.ToState ?? "",
                TransactionId = each.TransactionId ?? each.RefundId ?? "",
                IsEcho = IsOurs(each.ReferenceId),
            },
            { Type: "PHYSICAL_COUNT", PhysicalCount: { Id: { Length: > 0 and <= LongestId } id } each } when Known(each.CatalogObjectId, each.LocationId, each.State) => new TillChange
            {
                Id = id,
                Type = listed.Type,
                CatalogObjectId = each.CatalogObjectId!,
                LocationId = each.LocationId!,
                ToState = each.State!,
                IsEcho = IsOurs(each.ReferenceId),
            },
            _ => null,
        };
        var (quantity, occurredAt, createdAt) = listed switch
        {
            { Adjustment: { } each } => (each.Quantity, each.OccurredAt, each.CreatedAt),
            { PhysicalCount: { } each } => (each.Quantity, each.OccurredAt, each.CreatedAt),
            _ => (null, null, null),
        };
        return read is not null && createdAt is { } created && decimal.TryParse(quantity, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var units)
            // A till's clock may be ahead; nothing happened after Square received it.
            ? read with { Quantity = units, CreatedAt = created, OccurredAt = occurredAt is { } occurred && occurred < created ? occurred : created }
            : new TillChange { Id = "unreadable-" + Convert.ToHexStringLower(SHA256.HashData(body)), CreatedAt = createdAt ?? DateTimeOffset.UnixEpoch, OccurredAt = createdAt ?? DateTimeOffset.UnixEpoch };
    }

    private static bool Known(params ReadOnlySpan<string?> texts)
    {
        foreach (var text in texts)
        {
            if (string.IsNullOrEmpty(text))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsOurs(string? referenceId) => referenceId?.StartsWith(SquareRequest.ReferencePrefix, StringComparison.Ordinal) == true;

    /// <summary>Item and location as cases name them.</summary>
    public string Reference
    {
        get
        {
            var text = $"{CatalogObjectId}@{LocationId}";
            return text.Length == 1 ? Id : text.Length <= 128 ? text : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        }
    }
}
