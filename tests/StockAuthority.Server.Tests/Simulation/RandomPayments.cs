using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>Orders that are paid: their checkout's Reserve and their payment's events, in any order and some of them twice.</summary>
internal sealed class RandomPayments(string tenantId, Random random)
{
    private const string OrderPrefix = "paid-";

    private readonly List<IMessage> _coming = [];
    private int _orders;
    private int _events;

    public static bool IsForPayment(string orderRef) => orderRef.StartsWith(OrderPrefix, StringComparison.Ordinal);

    public IMessage Next(Func<List<StockLine>> lines)
    {
        if (_coming.Count == 0 || random.Next(3) == 0)
        {
            Begin([.. lines().Where(line => RandomCommands.Locations.Contains(line.LocationId)).DefaultIfEmpty(new StockLine { Sku = "mug", LocationId = "here", Quantity = 1 })]);
        }

        var index = random.Next(_coming.Count);
        var next = _coming[index];
        if (next is ReserveRequest || random.Next(5) > 0)
        {
            _coming.RemoveAt(index);
        }

        // What comes again, under another key, is a further delivery of the same event.
        return next switch
        {
            ApplyPaymentEventRequest apply => apply.Clone(),
            ReserveRequest reserve => reserve.Clone(),
            _ => throw new InvalidOperationException($"{next.Descriptor.Name} has nothing to do with payments."),
        };
    }

    private void Begin(List<StockLine> lines)
    {
        var number = ++_orders;
        var payment = $"payment-{tenantId}-{number}";
        var isNamed = random.Next(3) > 0;
        _coming.Add(new ReserveRequest
        {
            OrderRef = $"{OrderPrefix}{number}",
            PaymentObjectId = isNamed && random.Next(3) == 0 ? "" : payment,
            Lines = { lines },
            Ttl = Duration.FromTimeSpan(TimeSpan.FromMinutes(random.Next(1, 300))),
        });
        var isCaptured = random.Next(3) > 0;
        _coming.Add(Event(PaymentEventType.AuthCreated, payment, number, lines, isNamed, 1));
        _coming.Add(Event(isCaptured ? PaymentEventType.CaptureSucceeded : PaymentEventType.AuthVoided, payment, number, lines, isNamed, 2));
    }

    private ApplyPaymentEventRequest Event(PaymentEventType type, string payment, int order, List<StockLine> lines, bool isNamed, int second)
    {
        var applied = new PaymentEvent
        {
            EventType = type,
            Provider = "provider",
            Account = "account",
            ProviderEventId = $"event-{tenantId}-{++_events}",
            PaymentObjectId = payment,
            ModificationRef = type == PaymentEventType.CaptureSucceeded ? payment + ":full" : payment,
            FullAmount = true,
            OccurTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(second)),
            SchemaVersion = 1,
        };
        if (isNamed)
        {
            applied.OrderRef = $"{OrderPrefix}{order}";
            applied.Lines.Add(lines.Select(line => line.Clone()));
        }

        return new ApplyPaymentEventRequest { Event = applied };
    }
}
