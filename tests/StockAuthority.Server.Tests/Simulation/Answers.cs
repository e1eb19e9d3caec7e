using Google.Protobuf;
using Google.Rpc;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>Reads answers, whatever the command was.</summary>
internal static class Answers
{
    public const string Unavailable = "DATABASE_UNAVAILABLE";
    public const string Failed = "COMMAND_FAILED";
    public const string KeyReused = "IDEMPOTENCY_KEY_REUSED";

    /// <summary>The reason of a refusal; null where it was granted.</summary>
    public static string? Reason(StockAnswer answer) => answer.Refusal is null ? null : Detail<ErrorInfo>(answer.Refusal)!.Reason;

    public static T? Detail<T>(Status status)
        where T : class, IMessage<T>, new() => status.Details.FirstOrDefault(each => each.Is(new T().Descriptor))?.Unpack<T>();

    /// <summary>The journal's end as the command left it; null where the operation does not say.</summary>
    public static long? Sequence(IMessage response) => Field(response, "sequence") is long sequence ? sequence
        : Field(response, "last_sequence") is long last and > 0 ? last
        : null;

    public static IEnumerable<StockLevel> Levels(IMessage response) => Field(response, "levels") as IEnumerable<StockLevel> ?? [];

    public static Reservation? Reservation(IMessage response) => Field(response, "reservation") as Reservation;

    public static Transfer? Transfer(IMessage response) => Field(response, "transfer") as Transfer;

    public static IEnumerable<string>? AtRisk(IMessage response) => Field(response, "reservations_at_risk") as IEnumerable<string>;

    public static string Text(StockAnswer answer) => answer.Response?.ToString() ?? $"{Reason(answer)}: {answer.Refusal!.Message}";

    private static object? Field(IMessage message, string name) => message.Descriptor.FindFieldByName(name)?.Accessor.GetValue(message);
}
