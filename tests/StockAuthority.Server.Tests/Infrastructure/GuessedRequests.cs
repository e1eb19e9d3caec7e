using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>
/// Requests of every call, filled by reflection with names that somebody guessed, and answers in which those names, and
/// what differs by the time of day, are blotted out.
/// </summary>
/// <param name="Word">What all names of texts begin with.</param>
/// <param name="Number">The reservation and the feed position that are guessed.</param>
internal sealed record GuessedRequests(string Word, long Number)
{
    /// <summary>Registered for everybody: where a place is not known nothing else is looked at.</summary>
    public const string Location = "berlin";

    /// <summary>Never in an answer by chance.</summary>
    private const string Blot = "GUESS";

    private static readonly Timestamp OccurTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000));

    public string ReservationId => Server.Inventory.StockMessages.ReservationId(Number);

    public IMessage Of(MethodDescriptor call, string tenant)
    {
        var request = Filled(call.InputType, call.Name);
        call.InputType.FindFieldByName("tenant_id")?.Accessor.SetValue(request, tenant);
        return request;
    }

    /// <summary>The answer without what was guessed, so that two answers to different guesses can be compared.</summary>
    public string Blotted(string json, string tenant)
    {
        var text = json.Replace(ReservationId, Blot, StringComparison.Ordinal)
            .Replace(Number.ToString(CultureInfo.InvariantCulture), Blot, StringComparison.Ordinal)
            .Replace(Word, Blot, StringComparison.Ordinal)
            .Replace(tenant, "TENANT", StringComparison.Ordinal);
        var node = JsonNode.Parse(text)!;
        RemoveTimes(node);
        return node.ToJsonString();
    }

    private static void RemoveTimes(JsonNode node)
    {
        if (node is JsonObject fields)
        {
            foreach (var (name, value) in fields.ToList())
            {
                if (name.EndsWith("Time", StringComparison.Ordinal) || name.EndsWith("ash", StringComparison.Ordinal))
                {
                    fields.Remove(name);
                }
                else if (value is not null)
                {
                    RemoveTimes(value);
                }
            }
        }
        else if (node is JsonArray entries)
        {
            foreach (var entry in entries.OfType<JsonNode>())
            {
                RemoveTimes(entry);
            }
        }
    }

    private IMessage Filled(MessageDescriptor type, string call)
    {
        var message = (IMessage)Activator.CreateInstance(type.ClrType)!;
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (ValueOf(field, call) is not { } value)
            {
                continue;
            }

            if (field.IsRepeated)
            {
                ((IList)field.Accessor.GetValue(message)).Add(value);
            }
            else
            {
                field.Accessor.SetValue(message, value);
            }
        }

        return message;
    }

    /// <summary>Null: left out.</summary>
    private object? ValueOf(FieldDescriptor field, string call) => (field.Name, field.FieldType) switch
    {
        ("tenant_id" or "page_token" or "page_size" or "expire_time" or "ttl" or "expire_before" or "state" or "resolution", _) => null,
        ("currency", _) => "EUR",
        ("location_id" or "from_location_id", _) => Location,
        ("to_location_id", _) => "hamburg",
        ("reservation_id", _) => ReservationId,
        ("idempotency_key", _) => $"{Word}-{call}",
        ("sequence" or "after_sequence", _) => Number,
        ("occur_time", _) => OccurTime,
        (_, FieldType.String) => $"{Word}-{field.Name}",
        (_, FieldType.Int64) => 1L,
        (_, FieldType.Int32) => 1,
        (_, FieldType.Bool) => true,
        (_, FieldType.Enum) => System.Enum.ToObject(field.EnumType.ClrType, field.EnumType.Values.Select(value => value.Number).Where(number => number > 0).Min()),
        (_, FieldType.Message) when !field.MessageType.FullName.StartsWith("google.", StringComparison.Ordinal) => Filled(field.MessageType, call),
        _ => null,
    };

    /// <summary>An answer or an error, as text that says all of it.</summary>
    public static string Text(Grpc.Core.RpcException? error, IMessage? answer, TypeRegistry types)
    {
        if (error is null)
        {
            return JsonFormatter.Default.Format(answer);
        }

        var details = Grpc.Core.RpcExceptionExtensions.GetRpcStatus(error) is { } status
            ? new JsonFormatter(JsonFormatter.Settings.Default.WithTypeRegistry(types)).Format(status)
            : "null";
        return $"{{\"status\":{JsonSerializer.Serialize(error.Status.StatusCode.ToString())},\"details\":{details}}}";
    }
}
