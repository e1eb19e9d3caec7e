using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Server.Inventory;

/// <summary>The shapes of the jsonb columns. They are stored: add, never rename.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredReservationLine[]))]
[JsonSerializable(typeof(StoredTransferLine[]))]
[JsonSerializable(typeof(StoredLine[]))]
[JsonSerializable(typeof(StoredFact[]))]
[JsonSerializable(typeof(StoredWaitingEvent[]))]
[JsonSerializable(typeof(StoredNaming))]
internal sealed partial class StoredJson : JsonSerializerContext
{
    public static string Write(ImmutableArray<ReservationLine> lines) => JsonSerializer.Serialize(
        [.. lines.Select(line => new StoredReservationLine(
            line.Key.Sku,
            line.Key.LocationId,
            line.Quantity,
            NullForNone(line.Reserved),
            NullForNone(line.Committed),
            NullForNone(line.Fulfilled),
            NullForNone(line.Withdrawn),
            NullForNone(line.Returned)))],
        Default.StoredReservationLineArray);

    public static ImmutableArray<ReservationLine> ReadReservationLines(string json) =>
    [
        .. JsonSerializer.Deserialize(json, Default.StoredReservationLineArray)!.Select(line => new ReservationLine(
            new StockKey(line.Sku, line.LocationId),
            line.Quantity,
            line.Reserved ?? 0,
            line.Committed ?? 0,
            line.Fulfilled ?? 0,
            line.Withdrawn ?? 0,
            line.Returned ?? 0)),
    ];

    public static string Write(ImmutableArray<TransferLine> lines) => JsonSerializer.Serialize(
        [.. lines.Select(line => new StoredTransferLine(line.Sku, line.Quantity, line.Received, line.Lost))],
        Default.StoredTransferLineArray);

    public static ImmutableArray<TransferLine> ReadTransferLines(string json) =>
    [
        .. JsonSerializer.Deserialize(json, Default.StoredTransferLineArray)!.Select(line => new TransferLine(line.Sku, line.Quantity, line.Received, line.Lost)),
    ];

    public static string WriteFacts(Payment payment) => JsonSerializer.Serialize(
        [.. payment.Facts.Select(fact => new StoredFact(
            (short)fact.Type,
            fact.ModificationRef,
            fact.OccurredAt,
            fact.FullAmount,
            Lines(fact.Lines),
            fact.LearnedAt,
            fact.Amount?.Currency,
            fact.Amount?.MinorUnits,
            fact.PaymentMethod,
            fact.Booked))],
        Default.StoredFactArray);

    public static string WriteWaiting(Payment payment) => JsonSerializer.Serialize(
        [.. payment.Waiting.Select(waiting => new StoredWaitingEvent(
            waiting.Id.EventId,
            (short)waiting.Type,
            waiting.ModificationRef,
            waiting.FullAmount,
            waiting.OccurredAt,
            waiting.IsReadable,
            waiting.Currency,
            (short?)waiting.Judged?.Kind,
            waiting.Judged?.Reason,
            waiting.Judged is { MissingFields.Length: > 0 } judged ? judged.MissingFields : null))],
        Default.StoredWaitingEventArray);

    public static string? WriteNamed(Payment payment) => payment.Named is { } named
        ? JsonSerializer.Serialize(new StoredNaming(Lines(named.Lines), named.OccurredAt, named.EventId), Default.StoredNaming)
        : null;

    public static string WriteKnownLines(Payment payment) => JsonSerializer.Serialize(
        [.. (payment.Named?.Lines ?? []).Concat(payment.Facts.SelectMany(fact => fact.Lines)).DistinctBy(line => line.Key)
            .Select(line => new StoredLine(line.Key.Sku, line.Key.LocationId, line.Quantity))],
        Default.StoredLineArray);

    public static Payment ReadPayment(PaymentId id, string? orderRef, string? named, string facts, string waiting)
    {
        var naming = named is null ? null : JsonSerializer.Deserialize(named, Default.StoredNaming)!;
        return new Payment(
            id,
            orderRef,
            naming is null ? null : new NamedLines(Lines(naming.Lines), naming.OccurredAt, naming.EventId),
            [
                .. JsonSerializer.Deserialize(facts, Default.StoredFactArray)!.Select(fact => new PaymentFact(
                    (PaymentEventType)fact.Type,
                    fact.ModificationRef,
                    fact.OccurredAt,
                    fact.FullAmount,
                    Lines(fact.Lines),
                    fact.LearnedAt,
                    fact is { Currency: { } currency, MinorUnits: { } minorUnits } ? new Money(currency, minorUnits) : null)
                    {
                        PaymentMethod = fact.PaymentMethod,
                        Booked = fact.Booked,
                    }),
            ],
            [
                .. JsonSerializer.Deserialize(waiting, Default.StoredWaitingEventArray)!.Select(each => new WaitingEvent(
                    new PaymentEventId(id.Provider, id.Account, each.EventId),
                    (PaymentEventType)each.Type,
                    each.ModificationRef,
                    each.FullAmount,
                    each.OccurredAt,
                    each.IsReadable,
                    each.Currency,
                    each is { Kind: { } kind, Reason: { } reason } ? new EventJudgement((ResolutionKind)kind, reason, each.Missing ?? "") : null)),
            ]);
    }

    public static string WriteLines(ImmutableArray<StockLine> lines) => JsonSerializer.Serialize(Lines(lines), Default.StoredLineArray);

    public static ImmutableArray<StockLine> ReadLines(string json) => Lines(JsonSerializer.Deserialize(json, Default.StoredLineArray)!);

    private static long? NullForNone(long quantity) => quantity > 0 ? quantity : null;

    private static StoredLine[] Lines(ImmutableArray<StockLine> lines) =>
        [.. lines.Select(line => new StoredLine(line.Key.Sku, line.Key.LocationId, line.Quantity))];

    private static ImmutableArray<StockLine> Lines(StoredLine[] lines) =>
        [.. lines.Select(line => new StockLine(new StockKey(line.Sku, line.LocationId), line.Quantity))];
}

/// <summary>States without units are left out: every Reserve writes such a line, and most of them are empty.</summary>
internal sealed record StoredReservationLine(
    string Sku,
    string LocationId,
    long Quantity,
    long? Reserved = null,
    long? Committed = null,
    long? Fulfilled = null,
    long? Withdrawn = null,
    long? Returned = null);

internal sealed record StoredTransferLine(string Sku, long Quantity, long Received, long Lost);

internal sealed record StoredLine(string Sku, string LocationId, long Quantity);

/// <param name="Currency">Null, as <paramref name="MinorUnits"/>, where no amount is known.</param>
internal sealed record StoredFact(
    short Type,
    string ModificationRef,
    DateTimeOffset OccurredAt,
    bool FullAmount,
    StoredLine[] Lines,
    long LearnedAt,
    string? Currency = null,
    long? MinorUnits = null,
    string? PaymentMethod = null,
    long? Booked = null);

/// <param name="Kind">Null in what was stored before events were judged again, as <paramref name="Reason"/>.</param>
internal sealed record StoredWaitingEvent(
    string EventId,
    short Type,
    string ModificationRef,
    bool FullAmount,
    DateTimeOffset OccurredAt,
    bool IsReadable,
    string? Currency = null,
    short? Kind = null,
    string? Reason = null,
    string? Missing = null);

internal sealed record StoredNaming(StoredLine[] Lines, DateTimeOffset OccurredAt, string EventId);
