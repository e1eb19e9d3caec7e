using Google.Protobuf.WellKnownTypes;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Tests.Inventory;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Exceptions;

/// <summary>What the tests of cases have in common.</summary>
internal sealed class Cases(Ledger ledger)
{
    public static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000);

    public ExceptionService.ExceptionServiceClient Service { get; } = new(ledger.Channel);

    public static PaymentEvent Event(PaymentEventType type, string order, string payment, int minute = 0, params StockLine[] lines) => new()
    {
        EventType = type,
        Provider = "stripe",
        Account = "test",
        ProviderEventId = New("evt"),
        PaymentObjectId = payment,
        ModificationRef = New("modification"),
        OrderRef = order,
        FullAmount = true,
        Lines = { lines },
        OccurTime = Timestamp.FromDateTimeOffset(Start.AddMinutes(minute)),
        SchemaVersion = 2,
    };

    public async Task<ApplyPaymentEventResponse> ApplyAsync(PaymentEvent paymentEvent, string? key = null) =>
        await ledger.Payments.ApplyPaymentEventAsync(new ApplyPaymentEventRequest { TenantId = Tenant, IdempotencyKey = key ?? New("delivery"), Event = paymentEvent });

    /// <summary>An order that is paid and has no units: a captured payment of two, where one is there.</summary>
    public async Task<(string Sku, string Order, PaymentEvent Captured)> PaidNotAvailableAsync()
    {
        var (sku, order) = (await ledger.OpenAsync(1), New("order"));
        var captured = Event(PaymentEventType.CaptureSucceeded, order, New("pi"), lines: Line(sku, 2));
        await ApplyAsync(captured);
        return (sku, order, captured);
    }

    public Task ReceiveAsync(string sku, long units) => AdjustAsync(sku, units, AdjustmentReason.Receipt);

    public async Task<AdjustResponse> AdjustAsync(string sku, long units, AdjustmentReason reason) => await ledger.Inventory.AdjustAsync(new AdjustRequest
    {
        TenantId = Tenant,
        IdempotencyKey = New("key"),
        DocumentRef = New("document"),
        Reason = reason,
        Lines = { Line(sku, units) },
    });

    /// <summary>All cases of an order, resolved ones included.</summary>
    public async Task<IReadOnlyList<ExceptionCase>> OfOrderAsync(string order) =>
    [
        .. await OpenOfOrderAsync(order),
        .. (await Service.ListExceptionsAsync(new ListExceptionsRequest { TenantId = Tenant, OrderRef = order, Status = ExceptionStatus.Resolved })).Exceptions,
    ];

    public async Task<IReadOnlyList<ExceptionCase>> OpenOfOrderAsync(string order) =>
        [.. (await Service.ListExceptionsAsync(new ListExceptionsRequest { TenantId = Tenant, OrderRef = order })).Exceptions];

    public async Task<ExceptionCase> OnlyOneAsync(string order) => (await OfOrderAsync(order)).Single();

    public async Task<ExceptionDetails> GetAsync(string caseId) =>
        (await Service.GetExceptionAsync(new GetExceptionRequest { TenantId = Tenant, CaseId = caseId })).ExceptionDetails;
}
