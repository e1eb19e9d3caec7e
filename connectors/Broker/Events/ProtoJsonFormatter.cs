using System.Text.Json;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;

namespace StockAuthority.Connectors.Broker.Events;

/// <summary>For data that is JSON text already.</summary>
internal sealed class ProtoJsonFormatter : JsonEventFormatter
{
    protected override void EncodeStructuredModeData(CloudEvent cloudEvent, Utf8JsonWriter writer)
    {
        writer.WritePropertyName(DataPropertyName);
        writer.WriteRawValue((string)cloudEvent.Data!, skipInputValidation: true);
    }
}
