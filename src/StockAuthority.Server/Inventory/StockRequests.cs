using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;
using AdjustmentReason = StockAuthority.Inventory.V1.AdjustmentReason;
using StockLine = StockAuthority.Core.Inventory.StockLine;

namespace StockAuthority.Server.Inventory;

/// <summary>Reads requests into commands. What comes out is complete and within bounds; everything else is refused here.</summary>
internal static class StockRequests
{
    public const int MaximumLines = 200;

    private const int MaximumConfirmChannels = 10;

    private static readonly TimeSpan LongestConfirmation = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StandardConfirmation = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestTimeToLive = TimeSpan.FromSeconds(1);

    /// <summary>Whatever reports an earlier time has a clock that was never set.</summary>
    private static readonly DateTimeOffset EarliestOccurrence = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static StockCommand.Reserve Read(ReserveRequest request)
    {
        var fields = new RequestFields();
        Mutation(fields, request.TenantId, request.IdempotencyKey);
        var command = new StockCommand.Reserve(
            fields.Text("order_ref", request.OrderRef),
            fields.Optional("payment_object_id", request.PaymentObjectId),
            fields.Optional("channel", request.Channel),
            Lines(fields, request.Lines, isSigned: false),
            TimeToLive(fields, request.Ttl),
            ExpireAt(fields, request.ExpireTime, request.Ttl));
        if (request.ConfirmChannels.Count > 0 || request.ConfirmTimeout is not null)
        {
            fields.Add("confirm_channels", "NOT_IN_STREAM", "is for the call Reserve only");
        }

        fields.ThrowIfAny();
        return command;
    }

    /// <summary>How long Reserve may wait for the channels that it names.</summary>
    public static TimeSpan Confirmation(ReserveRequest request)
    {
        var fields = new RequestFields();
        if (request.ConfirmChannels.Count is 0 or > MaximumConfirmChannels)
        {
            fields.Add("confirm_channels", "OUT_OF_RANGE", $"must name 1 to {MaximumConfirmChannels} channels");
        }

        foreach (var channel in request.ConfirmChannels.Take(MaximumConfirmChannels))
        {
            fields.Text("confirm_channels", channel);
        }

        var limit = fields.Span("confirm_timeout", request.ConfirmTimeout, TimeSpan.Zero, LongestConfirmation, "1 millisecond to 30 seconds");
        fields.ThrowIfAny();
        return limit ?? StandardConfirmation;
    }

    public static StockCommand.Extend Read(ExtendReservationRequest request)
    {
        var fields = new RequestFields();
        Mutation(fields, request.TenantId, request.IdempotencyKey);
        fields.Text("reservation_id", request.ReservationId);
        if (request is { Ttl: null, ExpireTime: null })
        {
            fields.Add("ttl", "MISSING_FIELD", "or expire_time is required");
        }

        var (timeToLive, expireAt) = (TimeToLive(fields, request.Ttl), ExpireAt(fields, request.ExpireTime, request.Ttl));
        fields.ThrowIfAny();
        return new StockCommand.Extend(ReservationNumber(request.ReservationId), timeToLive, expireAt);
    }

    public static StockCommand.Commit Read(CommitRequest request)
    {
        var (number, lines) = Change(request.TenantId, request.IdempotencyKey, request.ReservationId, request.Lines);
        return new StockCommand.Commit(number, lines);
    }

    public static StockCommand.Release Read(ReleaseRequest request)
    {
        var (number, lines) = Change(request.TenantId, request.IdempotencyKey, request.ReservationId, request.Lines);
        return new StockCommand.Release(number, lines);
    }

    public static StockCommand.Fulfill Read(FulfillRequest request)
    {
        var (number, lines) = Change(request.TenantId, request.IdempotencyKey, request.ReservationId, request.Lines);
        return new StockCommand.Fulfill(number, lines);
    }

    public static StockCommand.Adjust Read(AdjustRequest request)
    {
        var fields = new RequestFields();
        Mutation(fields, request.TenantId, request.IdempotencyKey);
        var documentRef = fields.Text("document_ref", request.DocumentRef);
        var lines = Lines(fields, request.Lines, isSigned: true);
        if (request.Reason == AdjustmentReason.Unspecified)
        {
            fields.Add("reason", "MISSING_FIELD", "is required");
        }
        else if (fields.Known("reason", request.Reason)
            && OnlySign(request.Reason) is var sign
            && sign != 0
            && lines.Any(line => Math.Sign(line.Quantity) != sign))
        {
            fields.Add("lines", "SIGN_MISMATCH", $"must all be {(sign > 0 ? "positive" : "negative")} for {request.Reason}");
        }

        var occurredAt = OccurredAt(fields, request.OccurTime);
        fields.ThrowIfAny();
        return new StockCommand.Adjust(documentRef, (Core.Inventory.AdjustmentReason)request.Reason, lines, occurredAt);
    }

    public static void Mutation(RequestFields fields, string tenantId, string idempotencyKey)
    {
        fields.Tenant(tenantId);
        fields.Text("idempotency_key", idempotencyKey);
    }

    /// <summary>An id that no reservation can have is not found, like one that none has.</summary>
    public static long ReservationNumber(string reservationId) =>
        StockMessages.ReservationNumber(reservationId) ?? throw StockAnswers.ReservationNotFound(reservationId).ToRpcException();

    /// <summary>Lines as the ledger wants them: each key once, in the order of its first naming.</summary>
    public static ImmutableArray<StockLine> Lines(RequestFields fields, RepeatedField<StockAuthority.Inventory.V1.StockLine> lines, bool isSigned, bool isRequired = true, string field = "lines")
    {
        if (lines.Count == 0 && isRequired)
        {
            fields.Add(field, "MISSING_FIELD", "is required: at least one line with sku, location_id and quantity");
        }

        if (lines.Count > MaximumLines)
        {
            fields.Add(field, "TOO_MANY_LINES", string.Create(CultureInfo.InvariantCulture, $"has {lines.Count} entries; at most {MaximumLines} are allowed"));
            return [];
        }

        for (var index = 0; index < lines.Count; index++)
        {
            // The names of fields are put together only where they are told to somebody.
            if (!IsGood(lines[index], isSigned))
            {
                Check(fields, lines[index], string.Create(CultureInfo.InvariantCulture, $"{field}[{index}]"), isSigned);
            }
        }

        return lines.Count == 1 ? [Line(lines[0])] : Sum(fields, lines, isSigned, field);
    }

    private static bool IsGood(StockAuthority.Inventory.V1.StockLine line, bool isSigned) =>
        RequestFields.IsGood(line.Sku) && RequestFields.IsGood(line.LocationId)
        && line.Quantity is not 0 and >= -StockDecisions.MaximumUnits and <= StockDecisions.MaximumUnits
        && (isSigned || line.Quantity > 0);

    private static void Check(RequestFields fields, StockAuthority.Inventory.V1.StockLine line, string path, bool isSigned)
    {
        fields.Text(path + ".sku", line.Sku);
        fields.Text(path + ".location_id", line.LocationId);
        CheckQuantity(fields, path + ".quantity", line.Quantity, isSigned);
    }

    private static StockLine Line(StockAuthority.Inventory.V1.StockLine line) => new(new StockKey(line.Sku, line.LocationId), line.Quantity);

    private static ImmutableArray<StockLine> Sum(RequestFields fields, RepeatedField<StockAuthority.Inventory.V1.StockLine> lines, bool isSigned, string field)
    {
        var order = new List<StockKey>(lines.Count);
        var sums = new Dictionary<StockKey, long>(lines.Count);
        foreach (var (key, quantity) in lines.Select(Line))
        {
            // 200 lines of at most 2^53 each stay far inside 64 bits.
            var units = Math.Clamp(quantity, -StockDecisions.MaximumUnits, StockDecisions.MaximumUnits);
            if (!sums.TryAdd(key, units))
            {
                sums[key] += units;
            }
            else
            {
                order.Add(key);
            }
        }

        foreach (var key in order.Where(_ => order.Count < lines.Count))
        {
            CheckQuantity(fields, $"{field} of {key.Sku} at {key.LocationId} together", sums[key], isSigned);
        }

        return [.. order.Select(key => new StockLine(key, sums[key]))];
    }

    /// <summary>Whether there are lines, and no more than are allowed.</summary>
    public static bool CheckCount(RequestFields fields, int count, string what)
    {
        if (count == 0)
        {
            fields.Add("lines", "MISSING_FIELD", $"is required: at least one line with {what}");
        }
        else if (count > MaximumLines)
        {
            fields.Add("lines", "TOO_MANY_LINES", string.Create(CultureInfo.InvariantCulture, $"has {count} entries; at most {MaximumLines} are allowed"));
        }

        return count is > 0 and <= MaximumLines;
    }

    public static void CheckQuantity(RequestFields fields, string field, long quantity, bool isSigned)
    {
        if (quantity == 0)
        {
            fields.Add(field, "MISSING_FIELD", "is required and must not be zero");
        }
        else if (quantity < 0 && !isSigned)
        {
            fields.Add(field, "QUANTITY_OUT_OF_RANGE", "must not be negative");
        }
        else if (quantity > StockDecisions.MaximumUnits || quantity < -StockDecisions.MaximumUnits)
        {
            fields.Add(field, "QUANTITY_OUT_OF_RANGE", "must not be above 2^53");
        }
    }

    private static (long Number, ImmutableArray<StockLine> Lines) Change(
        string tenantId,
        string idempotencyKey,
        string reservationId,
        RepeatedField<StockAuthority.Inventory.V1.StockLine> lines)
    {
        var fields = new RequestFields();
        Mutation(fields, tenantId, idempotencyKey);
        fields.Text("reservation_id", reservationId);
        var units = Lines(fields, lines, isSigned: false);
        fields.ThrowIfAny();
        return (ReservationNumber(reservationId), units);
    }

    /// <summary>Within what any tenant allows; whether this one does is for the ledger to say.</summary>
    private static TimeSpan? TimeToLive(RequestFields fields, Duration? ttl) =>
        fields.Span("ttl", ttl, ShortestTimeToLive, ReservationPolicy.Standard.LongestTimeToLive, "1 second to 90 days");

    /// <summary>Whether it is in time is for the ledger to say: a retry after it must still get its answer.</summary>
    private static DateTimeOffset? ExpireAt(RequestFields fields, Timestamp? expireTime, Duration? ttl)
    {
        if (expireTime is null)
        {
            return null;
        }

        if (ttl is not null)
        {
            fields.Add("expire_time", "CONFLICTING_FIELDS", "must not be given together with ttl");
        }

        return fields.Time("expire_time", expireTime)?.ToDatabasePrecision();
    }

    /// <summary>When a fact happened. Whether that is in the future is for the ledger to say, as for <c>expire_time</c>.</summary>
    public static DateTimeOffset? OccurredAt(RequestFields fields, Timestamp? occurTime)
    {
        var occurredAt = fields.Time("occur_time", occurTime)?.ToDatabasePrecision();
        if (occurredAt < EarliestOccurrence)
        {
            fields.Add("occur_time", "OUT_OF_RANGE", "must not be before the year 2000");
        }

        return occurredAt;
    }

    /// <summary>The sign that the reason demands; 0 where both are possible.</summary>
    private static int OnlySign(AdjustmentReason reason) => reason switch
    {
        AdjustmentReason.Receipt or AdjustmentReason.OpeningBalance => 1,
        AdjustmentReason.Sale or AdjustmentReason.Damage or AdjustmentReason.Shrinkage or AdjustmentReason.WriteOff => -1,
        _ => 0,
    };
}
