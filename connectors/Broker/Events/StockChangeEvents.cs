using System.Globalization;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.Extensions;
using Google.Protobuf;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Connectors.Broker.Events;

/// <summary>
/// Movements of one tenant as CloudEvents 1.0 in structured mode: the same bytes on every platform, and AMQP 0.9.1 has no binding of its own
/// for the binary mode. docs/broker.md has the contract.
/// </summary>
internal sealed class StockChangeEvents(string tenantId)
{
    public const string Type = "com.stockauthority.stock.changed.v1";
    public const string ContentType = "application/cloudevents+json; charset=utf-8";

    /// <summary>As the JSON API writes them: with what is not set, so that consumers find every field.</summary>
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));
    private static readonly CloudEventAttribute Sequence = CloudEventAttribute.CreateExtension("sequence", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute[] Extensions = [Partitioning.PartitionKeyAttribute, Sequence];
    private static readonly ProtoJsonFormatter Formatter = new();
    private readonly string _tenant = Uri.EscapeDataString(tenantId);
    private readonly Uri _source = new($"/stockauthority/tenants/{Uri.EscapeDataString(tenantId)}", UriKind.Relative);

    public StockChange Encode(Movement movement)
    {
        var subject = $"{Uri.EscapeDataString(movement.Sku)}/{Uri.EscapeDataString(movement.LocationId)}";
        var key = $"{_tenant}/{subject}";
        var time = movement.RecordTime.ToDateTimeOffset();
        var id = string.Create(CultureInfo.InvariantCulture, $"{_tenant}/{movement.Sequence}");
        var change = new CloudEvent(CloudEventsSpecVersion.V1_0, Extensions)
        {
            Id = id,
            Type = Type,
            Source = _source,
            Subject = subject,
            Time = time,
            DataContentType = "application/json",
            Data = Json.Format(movement),

            // The extension's texts have to sort as the numbers do.
            [Sequence] = movement.Sequence.ToString("D19", CultureInfo.InvariantCulture),
        };
        change.SetPartitionKey(key);
        return new StockChange(
            movement.Sequence, id, key, RoutingKeys.Of(tenantId, movement.LocationId, movement.Sku), time, Formatter.EncodeStructuredModeMessage(change, out _));
    }
}
