using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Server.Inventory;

/// <summary>What the commands of a batch name, and so what has to be known before they can be decided.</summary>
internal sealed class BatchNeeds
{
    private readonly List<PendingCommand> _recording = [];
    private readonly List<(string TenantId, StockCommand.Reserve Command)> _reserving = [];
    private readonly List<(string TenantId, long Number)> _reservations = [];
    private readonly List<(string TenantId, long Number)> _committing = [];
    private readonly HashSet<(string TenantId, long Number)> _expiring = [];
    private readonly List<(string TenantId, string TransferId)> _transfers = [];
    private readonly List<(string TenantId, PaymentEvent Event)> _events = [];
    private readonly List<(string TenantId, string OrderRef)> _orders = [];
    private readonly List<(string TenantId, PaymentId Id)> _payments = [];
    private readonly List<(string TenantId, string OrderRef, string DocumentRef)> _returns = [];
    private readonly HashSet<(string TenantId, StockKey Key)> _keys = [];

    public BatchNeeds(IReadOnlyList<PendingCommand> batch)
    {
        var tenants = new HashSet<string>(StringComparer.Ordinal);
        foreach (var command in batch)
        {
            tenants.Add(command.TenantId);
            if (command.RecordsOutcome)
            {
                _recording.Add(command);
            }

            Collect(command.TenantId, command.Command);
        }

        Tenants = [.. tenants];

        // Sorted, so that two batches that share tenants cannot wait for each other's locks in a circle.
        Array.Sort(Tenants, StringComparer.Ordinal);
    }

    public string[] Tenants { get; }

    public IReadOnlyList<PendingCommand> Recording => _recording;

    public IReadOnlyList<(string TenantId, StockCommand.Reserve Command)> Reserving => _reserving;

    /// <summary>Reservations that are named by their numbers; the levels of their lines belong to them.</summary>
    public IReadOnlyList<(string TenantId, long Number)> Reservations => _reservations;

    /// <summary>Reservations that are to be committed.</summary>
    public IReadOnlyList<(string TenantId, long Number)> Committing => _committing;

    public IReadOnlyList<(string TenantId, string TransferId)> Transfers => _transfers;

    public IReadOnlyList<(string TenantId, PaymentEvent Event)> Events => _events;

    /// <summary>Orders whose payments are looked at without an event of theirs.</summary>
    public IReadOnlyList<(string TenantId, string OrderRef)> Orders => _orders;

    /// <summary>Payments that are looked at without an event of theirs.</summary>
    public IReadOnlyList<(string TenantId, PaymentId Id)> Payments => _payments;

    /// <summary>Orders and documents of goods that came back.</summary>
    public IReadOnlyList<(string TenantId, string OrderRef, string DocumentRef)> Returns => _returns;

    public IReadOnlyCollection<(string TenantId, StockKey Key)> Keys => _keys;

    /// <summary>Whether an expiry of it is in this batch.</summary>
    public bool IsExpiring(string tenantId, long number) => _expiring.Contains((tenantId, number));

    private void Collect(string tenantId, StockCommand command)
    {
        switch (command)
        {
            case StockCommand.Reserve reserve:
                _reserving.Add((tenantId, reserve));
                Collect(tenantId, reserve.Lines);
                break;
            case StockCommand.Adjust adjust:
                Collect(tenantId, adjust.Lines);
                break;
            case StockCommand.SetLevels set:
                Collect(tenantId, set.Lines.Select(line => line.Key));
                break;
            case StockCommand.ReceiveReturn receive:
                Collect(tenantId, receive.Lines);
                _returns.Add((tenantId, receive.OrderRef, receive.DocumentRef));
                if (receive.ReservationNumber is { } number)
                {
                    _reservations.Add((tenantId, number));
                }

                break;
            case StockCommand.InspectReturn inspect:
                Collect(tenantId, inspect.Lines.Select(line => line.Key));
                break;
            case StockCommand.DispatchTransfer dispatch:
                _transfers.Add((tenantId, dispatch.TransferId));
                Collect(tenantId, dispatch.Lines.Select(line => new StockKey(line.Sku, dispatch.FromLocationId)));
                Collect(tenantId, dispatch.Lines.Select(line => new StockKey(line.Sku, dispatch.ToLocationId)));
                break;
            case StockCommand.ReceiveTransfer receive:
                _transfers.Add((tenantId, receive.TransferId));
                Collect(tenantId, receive.Lines.Select(line => new StockKey(line.Sku, receive.LocationId)));
                break;
            case StockCommand.Commit commit:
                _reservations.Add((tenantId, commit.ReservationNumber));
                _committing.Add((tenantId, commit.ReservationNumber));
                break;
            case StockCommand.Release release:
                _reservations.Add((tenantId, release.ReservationNumber));
                break;
            case StockCommand.Fulfill fulfill:
                _reservations.Add((tenantId, fulfill.ReservationNumber));
                break;
            case StockCommand.Expire expire:
                _reservations.Add((tenantId, expire.ReservationNumber));
                _expiring.Add((tenantId, expire.ReservationNumber));
                break;
            case StockCommand.Extend extend:
                _reservations.Add((tenantId, extend.ReservationNumber));
                break;
            case StockCommand.Reconsider reconsider:
                if (reconsider.OrderRef is not null)
                {
                    _orders.Add((tenantId, reconsider.OrderRef));
                }

                if (reconsider.Payment is not null)
                {
                    _payments.Add((tenantId, reconsider.Payment));
                }

                break;
            case StockCommand.ApplyPaymentEvent apply:
                if (apply.Event is { Type: PaymentEventType.ReturnReceived, OrderRef: { } orderRef })
                {
                    _returns.Add((tenantId, orderRef, apply.Event.ModificationRef));
                }

                _events.Add((tenantId, apply.Event));
                Collect(tenantId, apply.Event.Lines);
                break;
            default:
                throw new InvalidOperationException($"Nothing is known of what {command.GetType().Name} reads.");
        }
    }

    private void Collect(string tenantId, IEnumerable<StockLine> lines)
    {
        foreach (var line in lines)
        {
            _keys.Add((tenantId, line.Key));
        }
    }

    private void Collect(string tenantId, IEnumerable<StockKey> keys)
    {
        foreach (var key in keys)
        {
            _keys.Add((tenantId, key));
        }
    }
}
