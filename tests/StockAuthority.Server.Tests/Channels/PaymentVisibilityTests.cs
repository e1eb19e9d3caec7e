using System.Diagnostics.Metrics;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using Shouldly;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Channels;
using StockAuthority.Server.Tests.Inventory;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Channels;

/// <summary>The delay that channels are judged by begins where somebody took the event from the provider, which may be long before it came here.</summary>
public sealed class PaymentVisibilityTests(Ledger ledger) : IClassFixture<Ledger>
{
    private static readonly TimeSpan Waited = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task The_delay_until_a_channel_shows_it_counts_from_the_receipt_at_intake()
    {
        var request = await AuthorizationAsync(TimeProvider.System.GetUtcNow() - Waited);
        var applied = await ledger.Payments.ApplyPaymentEventAsync(request);
        applied.Resolution.ShouldBe(Resolution.Action);

        var delays = new List<double>();
        var channel = New("channel");
        using var listener = new MeterListener { InstrumentPublished = Enable };
        listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) =>
        {
            if (tags.Contains(new("channel", channel)))
            {
                delays.Add(seconds);
            }
        });
        listener.Start();
        await using var database = NpgsqlDataSource.Create(ledger.Database.ConnectionString);
        await new PaymentVisibility(database, TimeProvider.System).MeasureAsync(Tenant, channel, applied.FirstSequence - 1, applied.LastSequence, TestContext.Current.CancellationToken);
        delays.ShouldHaveSingleItem().ShouldBeInRange(Waited.TotalSeconds, Waited.TotalSeconds + 60);
    }

    [Fact]
    public async Task The_receipt_is_recorded_as_it_is_told_and_never_as_a_time_to_come()
    {
        var received = TimeProvider.System.GetUtcNow() - Waited;
        var request = await AuthorizationAsync(received);
        var applied = await ledger.Payments.ApplyPaymentEventAsync(request);
        (await RecordedAsync(request)).ReceiveTime.ToDateTimeOffset().ShouldBe(received, TimeSpan.FromMilliseconds(1));

        request.ReceiveTime = null;
        (await ledger.Payments.ApplyPaymentEventAsync(request)).ShouldBe(applied, "an attempt of a version that did not tell it is the same request");
        request.IdempotencyKey = New("delivery");
        request.ReceiveTime = Timestamp.FromDateTimeOffset(received + TimeSpan.FromSeconds(1));
        (await ledger.Payments.ApplyPaymentEventAsync(request)).Reason.ShouldBe("DUPLICATE_DELIVERY");
        (await RecordedAsync(request)).ExtraDeliveries.ShouldHaveSingleItem().ReceiveTime.ToDateTimeOffset().ShouldBe(received + TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(1));

        var future = await AuthorizationAsync(TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1));
        await ledger.Payments.ApplyPaymentEventAsync(future);
        (await RecordedAsync(future)).ReceiveTime.ToDateTimeOffset().ShouldBeLessThan(TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(1));
    }

    private static void Enable(Instrument instrument, MeterListener listener)
    {
        if (instrument.Name == "stockauthority.channels.payment.visible.delay")
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }

    private async Task<ApplyPaymentEventRequest> AuthorizationAsync(DateTimeOffset receivedAt) => new()
    {
        TenantId = Tenant,
        IdempotencyKey = New("delivery"),
        ReceiveTime = Timestamp.FromDateTimeOffset(receivedAt),
        Event = new PaymentEvent
        {
            EventType = PaymentEventType.AuthCreated,
            Provider = "stripe",
            Account = "test",
            ProviderEventId = New("evt"),
            PaymentObjectId = New("pi"),
            OrderRef = New("order"),
            FullAmount = true,
            OccurTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(1)),
            SchemaVersion = 1,
            Lines = { Line(await ledger.OpenAsync(10), 1) },
        },
    };

    private async Task<RecordedPaymentEvent> RecordedAsync(ApplyPaymentEventRequest request) =>
        (await ledger.Payments.ListPaymentEventsAsync(new ListPaymentEventsRequest { TenantId = Tenant, PaymentObjectId = request.Event.PaymentObjectId })).PaymentEvents.ShouldHaveSingleItem();
}
