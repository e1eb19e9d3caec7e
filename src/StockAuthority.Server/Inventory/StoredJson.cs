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
            line.Reserved,
            line.Committed,
            line.Fulfilled,
            line.Withdrawn,
            line.Returned > 0 ? line.Returned : null))],
        Default.StoredReservationLineArray);

    public static ImmutableArray<ReservationLine> ReadReservationLines(string json) =>
    [
        .. JsonSerializer.Deserialize(json, Default.StoredReservationLineArray)!.Select(line => new ReservationLine(
            new StockKey(line.Sku, line.LocationId), line.Quantity, line.Reserved, line.Committed, line.Fulfilled, line.Withdrawn, line.Returned ?? 0)),
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
            (short)fact.Type, fact.ModificationRef, fact.OccurredAt, fact.FullAmount, Lines(fact.Lines), fact.LearnedAt, fact.PaymentMethod))],
        Default.StoredFactArray);

    public static string WriteWaiting(Payment payment) => JsonSerializer.Serialize(
        [.. payment.Waiting.Select(waiting => new StoredWaitingEvent(
            waiting.Id.EventId, (short)waiting.Type, waiting.ModificationRef, waiting.FullAmount, waiting.OccurredAt, waiting.IsReadable))],
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
                    (PaymentEventType)fact.Type, fact.ModificationRef, fact.OccurredAt, fact.FullAmount, Lines(fact.Lines), fact.LearnedAt)
                    {
                        PaymentMethod = fact.PaymentMethod,
                    }),
            ],
            [
                .. JsonSerializer.Deserialize(waiting, Default.StoredWaitingEventArray)!.Select(each => new WaitingEvent(
                    new PaymentEventId(id.Provider, id.Account, each.EventId), (PaymentEventType)each.Type, each.ModificationRef, each.FullAmount, each.OccurredAt, each.IsReadable)),
            ]);
    }

    private static StoredLine[] Lines(ImmutableArray<StockLine> lines) =>
        [.. lines.Select(line => new StoredLine(line.Key.Sku, line.Key.LocationId, line.Quantity))];

    private static ImmutableArray<StockLine> Lines(StoredLine[] lines) =>
        [.. lines.Select(line => new StockLine(new StockKey(line.Sku, line.LocationId), line.Quantity))];
}

/// <param name="Returned">Null for none, as in every reservation on its way: the hot path does not write it.</param>
internal sealed record StoredReservationLine(
    string Sku,
    string LocationId,
    long Quantity,
    long Reserved,
    long Committed,
    long Fulfilled,
    long Withdrawn,
    long? Returned = null);

internal sealed record StoredTransferLine(string Sku, long Quantity, long Received, long Lost);

internal sealed record StoredLine(string Sku, string LocationId, long Quantity);

internal sealed record StoredFact(
    short Type,
    string ModificationRef,
    DateTimeOffset OccurredAt,
    bool FullAmount,
    StoredLine[] Lines,
    long LearnedAt,
    string? PaymentMethod = null);

internal sealed record StoredWaitingEvent(string EventId, short Type, string ModificationRef, bool FullAmount, DateTimeOffset OccurredAt, bool IsReadable);

internal sealed record StoredNaming(StoredLine[] Lines, DateTimeOffset OccurredAt, string EventId);
