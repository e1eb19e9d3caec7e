using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>
/// What the callers of one tenant want next. They know what they were told, so most of it makes sense; some of it asks for
/// too much, comes too late, or names what does not exist.
/// </summary>
internal sealed class RandomCommands(string tenantId, Random random)
{
    public static readonly string[] Locations = ["here", "there"];

    private static readonly string[] Skus = ["mug", "tee"];

    private readonly Dictionary<(string Sku, string LocationId), StockLevel> _levels = [];
    private readonly Dictionary<string, Reservation> _reservations = [];
    private readonly Dictionary<string, Transfer> _transfers = [];
    private readonly RandomPayments _payments = new(tenantId, random);
    private readonly Queue<(string Sku, string LocationId)> _toOpen = new(Skus.SelectMany(sku => Locations.Select(location => (sku, location))));
    private int _keys;

    public Call Next()
    {
        var key = $"key-{++_keys}";
        var request = _toOpen.Count > 0 && random.Next(2) == 0 ? Open(_toOpen.Dequeue()) : Request();
        return WithKey(request, key);
    }

    /// <summary>Another request under a key that has been used.</summary>
    public Call Reuse(Call used) => WithKey(Request(), used.Key);

    /// <summary>They learn from every answer.</summary>
    public void Learn(IMessage response)
    {
        foreach (var level in Answers.Levels(response))
        {
            _levels[(level.Sku, level.LocationId)] = level;
        }

        if (Answers.Reservation(response) is { } reservation && !RandomPayments.IsForPayment(reservation.OrderRef))
        {
            _reservations[reservation.ReservationId] = reservation;
        }

        if (Answers.Transfer(response) is { } transfer)
        {
            _transfers[transfer.TransferId] = transfer;
        }
    }

    private Call WithKey(IMessage request, string key)
    {
        request.Descriptor.FindFieldByName("tenant_id").Accessor.SetValue(request, tenantId);
        request.Descriptor.FindFieldByName("idempotency_key").Accessor.SetValue(request, key);
        return new Call(tenantId, key, request);
    }

    private IMessage Request() => random.Next(100) switch
    {
        < 24 => Reserve(),
        < 34 => OfReservation(Commit) ?? Reserve(),
        < 41 => OfReservation(Release) ?? Reserve(),
        < 49 => OfReservation(Fulfill) ?? Reserve(),
        < 54 => OfReservation(ReceiveReturn) ?? Reserve(),
        < 58 => OfReservation(Extend) ?? Reserve(),
        < 68 => Adjust(),
        < 74 => SetLevels(),
        < 78 => InspectReturn(),
        < 83 => DispatchTransfer(),
        < 88 => ReceiveTransfer(),
        _ => _payments.Next(() => Lines(3)),
    };

    private AdjustRequest Open((string Sku, string LocationId) key) => new()
    {
        DocumentRef = "opening",
        Reason = AdjustmentReason.OpeningBalance,
        Lines = { new StockLine { Sku = key.Sku, LocationId = key.LocationId, Quantity = random.Next(4, 16) } },
    };

    private ReserveRequest Reserve() => new()
    {
        OrderRef = $"order-{_keys}",
        Channel = "web",
        Lines = { Lines(3) },
        Ttl = Duration.FromTimeSpan(TimeSpan.FromMinutes(random.Next(1, 90))),
    };

    private CommitRequest Commit(Reservation reservation) =>
        new() { ReservationId = reservation.ReservationId, Lines = { Part(reservation, line => line.Reserved > 0 ? line.Reserved : line.Released) } };

    private ReleaseRequest Release(Reservation reservation) =>
        new() { ReservationId = reservation.ReservationId, Lines = { Part(reservation, line => line.Reserved + line.Committed) } };

    private FulfillRequest Fulfill(Reservation reservation) =>
        new() { ReservationId = reservation.ReservationId, Lines = { Part(reservation, line => line.Committed) } };

    private ReceiveReturnRequest ReceiveReturn(Reservation reservation)
    {
        var isNamed = random.Next(4) > 0;
        return new ReceiveReturnRequest
        {
            OrderRef = isNamed && random.Next(12) > 0 ? reservation.OrderRef : "some-order",
            DocumentRef = "return",
            ReservationId = isNamed ? reservation.ReservationId : "",
            Lines = { isNamed ? Part(reservation, line => line.Fulfilled - line.Returned) : Lines(1) },
        };
    }

    private ExtendReservationRequest Extend(Reservation reservation) =>
        new() { ReservationId = reservation.ReservationId, Ttl = Duration.FromTimeSpan(TimeSpan.FromMinutes(random.Next(1, 240))) };

    private AdjustRequest Adjust()
    {
        var reason = Pick(
            AdjustmentReason.Receipt,
            AdjustmentReason.Receipt,
            AdjustmentReason.Sale,
            AdjustmentReason.Sale,
            AdjustmentReason.Correction,
            AdjustmentReason.Damage,
            AdjustmentReason.OpeningBalance);
        var by = reason switch
        {
            AdjustmentReason.Receipt or AdjustmentReason.OpeningBalance => 1,
            AdjustmentReason.Correction => random.Next(2) == 0 ? 1 : -2,
            _ => -random.Next(1, 4),
        };
        var lines = Lines(2);
        lines.ForEach(line => line.Quantity *= by);
        return new AdjustRequest { DocumentRef = $"document-{_keys}", Reason = reason, Lines = { lines } };
    }

    private IMessage SetLevels()
    {
        if (_levels.Count == 0)
        {
            return Adjust();
        }

        // Counted, as a rule, at the version that was told last; by the time it arrives something may have moved.
        var levels = _levels.OrderBy(each => each.Key).Select(each => each.Value).Where(_ => random.Next(2) == 0).DefaultIfEmpty(_levels.MinBy(each => each.Key).Value);
        return new SetLevelsRequest
        {
            DocumentRef = "count",
            Lines =
            {
                levels.Select(level => new CountedLine
                {
                    Sku = level.Sku,
                    LocationId = level.LocationId,
                    CountedOnHand = Math.Max(0, level.OnHand + random.Next(-4, 5)),
                    ExpectedVersion = level.Version + (random.Next(8) == 0 ? 1 : 0),
                }),
            },
        };
    }

    private InspectReturnRequest InspectReturn()
    {
        var level = _levels.OrderBy(each => each.Key).Select(each => each.Value).FirstOrDefault(each => each.Inspection > 0);
        return new InspectReturnRequest
        {
            DocumentRef = "inspection",
            Lines =
            {
                Enumerable.Range(0, random.Next(1, 3)).Select(_ => new InspectedLine
                {
                    Sku = level?.Sku ?? Pick(Skus),
                    LocationId = level?.LocationId ?? Pick(Locations),
                    Quantity = random.Next(1, 3),
                    Disposition = Pick(ReturnDisposition.Available, ReturnDisposition.Damaged, ReturnDisposition.WrittenOff),
                }),
            },
        };
    }

    private DispatchTransferRequest DispatchTransfer()
    {
        var from = random.Next(2);
        return new DispatchTransferRequest
        {
            TransferId = _transfers.Count > 0 && random.Next(6) == 0 ? Pick([.. _transfers.Keys.Order(StringComparer.Ordinal)]) : $"transfer-{_keys}",
            FromLocationId = Locations[from],
            ToLocationId = Locations[1 - from],
            Lines = { Skus.Where(_ => random.Next(2) == 0).DefaultIfEmpty(Skus[0]).Select(sku => new DispatchedLine { Sku = sku, Quantity = random.Next(1, 5) }) },
        };
    }

    private ReceiveTransferRequest ReceiveTransfer()
    {
        var open = _transfers.Values.Where(each => each.State == TransferState.Open).OrderBy(each => each.TransferId, StringComparer.Ordinal).ToArray();
        var transfer = open.Length > 0 ? Pick(open) : null;
        return new ReceiveTransferRequest
        {
            TransferId = transfer?.TransferId ?? "no-transfer",
            LocationId = transfer is null || random.Next(10) == 0 ? Locations[0] : transfer.ToLocationId,
            Lines =
            {
                (transfer?.Lines.Select(line => line.Sku) ?? [Skus[0]]).Select(sku => new ArrivedLine { Sku = sku, Received = random.Next(1, 4), Lost = random.Next(4) / 3 }),
            },
        };
    }

    private IMessage? OfReservation(Func<Reservation, IMessage> request)
    {
        if (random.Next(40) == 0)
        {
            return request(new Reservation { ReservationId = "rsv-999999", OrderRef = "no-order" });
        }

        // The younger it is, the more likely something is still to be done with it.
        var known = _reservations.Values.OrderByDescending(each => each.CreateTime.Seconds).ThenBy(each => each.ReservationId, StringComparer.Ordinal).Take(8).ToArray();
        return known.Length > 0 ? request(Pick(known)) : null;
    }

    /// <summary>Some lines of a reservation, some units of each; at times more than there are.</summary>
    private List<StockLine> Part(Reservation reservation, Func<ReservationLine, long> of)
    {
        List<StockLine> lines = [];
        foreach (var line in reservation.Lines.Where(line => of(line) > 0 && random.Next(4) > 0))
        {
            var quantity = random.Next(3) > 0 ? of(line) : random.NextInt64(1, of(line) + 2);
            lines.Add(new StockLine { Sku = line.Sku, LocationId = line.LocationId, Quantity = quantity });
        }

        return lines.Count > 0 ? lines : Lines(1);
    }

    private List<StockLine> Lines(int most)
    {
        var lines = Enumerable.Range(0, random.Next(1, most + 1))
            .Select(_ => new StockLine { Sku = Pick(Skus), LocationId = Pick(Locations), Quantity = random.Next(1, 4) })
            .ToList();
        if (random.Next(60) == 0)
        {
            lines[0].LocationId = "nowhere";
        }

        return lines;
    }

    private T Pick<T>(params T[] from) => from[random.Next(from.Length)];
}
