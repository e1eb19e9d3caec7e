using System.Text.Json.Nodes;
using Google.Protobuf;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Payments;
using StockAuthority.Server.Tests.Inventory;
using Xunit;
using Resolution = StockAuthority.Payments.V1.Resolution;

namespace StockAuthority.Server.Tests.Payments;

/// <summary>
/// Events as they were stored, of both schema versions, with what they say: recorded-events.json. A change of the contract that reads
/// them otherwise, or moves other stock, is none that may be made.
/// </summary>
public sealed class SchemaVersionTests(Ledger ledger) : IClassFixture<Ledger>
{
    private const string Sku = "recorded-mug";

    public static TheoryData<int> Versions() => [1, 2];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Stored_bytes_say_what_they_said(int version)
    {
        var records = Records(version);
        records.Count.ShouldBeGreaterThan(8);
        foreach (var (bytes, says) in records)
        {
            var request = ApplyPaymentEventRequest.Parser.ParseFrom(bytes);
            request.ShouldBe(JsonParser.Default.Parse<ApplyPaymentEventRequest>(says));
            request.ToByteArray().ShouldBe(bytes, "nothing of it is unknown, or written otherwise");
            request.Event.SchemaVersion.ShouldBe(version);
        }
    }

    [Fact]
    public void Both_versions_are_read_as_the_same_commands()
    {
        var (first, second) = (Commands(1), Commands(2));

        second.Take(first.Count).ShouldBe(first);
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, "klarna")]
    public void How_it_is_paid_is_read_from_the_second_version_on(int version, string? method)
    {
        var request = ApplyPaymentEventRequest.Parser.ParseFrom(Records(version)[0].Bytes);
        request.Event.PaymentMethod = "klarna";

        PaymentRequests.Read(request).Event.PaymentMethod.ShouldBe(method);
    }

    [Fact]
    public async Task Both_versions_move_the_same_stock()
    {
        var first = await ApplyAsync("recorded-1", Records(1));
        var second = await ApplyAsync("recorded-2", Records(2).Take(Records(1).Count));

        second.ShouldBe(first);
        first.Decisions.ShouldContain("Action COMMITTED");
        first.Decisions.ShouldContain("Held CAPTURE_REVERSED");
        first.Level.ShouldBe("available 8, reserved 2, committed 0");
    }

    [Fact]
    public async Task What_came_with_the_second_version_is_stored_and_given_again()
    {
        await ApplyAsync("recorded-3", Records(2));

        var listed = (await ledger.Payments.ListPaymentEventsAsync(new ListPaymentEventsRequest { TenantId = "recorded-3" })).PaymentEvents;
        var dispute = listed.Single(each => each.Event.EventType == PaymentEventType.ChargebackOpened).Event;
        (dispute.CaseId, dispute.RespondByTime.ToDateTimeOffset()).ShouldBe(("DISPUTE-1", new DateTimeOffset(2026, 3, 16, 9, 0, 0, TimeSpan.Zero)));
        listed.Single(each => each.Event.EventType == PaymentEventType.SettlementConfirmed).Event.ReportLine.ShouldBe("settlement_detail_report_batch_7.csv:17");
        var returned = listed.Single(each => each.Event.EventType == PaymentEventType.ReturnReceived);
        (returned.Event.DocumentRef, returned.Reason, returned.Movements.Single().ToState).ShouldBe(("rma-recorded", "RETURNED", StockAuthority.Inventory.V1.StockState.Inspection));
    }

    private async Task<(string Decisions, string Level)> ApplyAsync(string tenant, IEnumerable<(byte[] Bytes, string Says)> records)
    {
        var catalogue = new CatalogueService.CatalogueServiceClient(ledger.Channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = Ledger.Location });
        await ledger.Inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = tenant,
            IdempotencyKey = "opening",
            DocumentRef = "opening",
            Reason = StockAuthority.Inventory.V1.AdjustmentReason.OpeningBalance,
            Lines = { Ledger.Line(Sku, 10) },
        });
        List<(Resolution Resolution, string Reason)> decisions = [];
        foreach (var (bytes, _) in records)
        {
            var request = ApplyPaymentEventRequest.Parser.ParseFrom(bytes);
            request.TenantId = tenant;
            var answer = await ledger.Payments.ApplyPaymentEventAsync(request);
            decisions.Add((answer.Resolution, answer.Reason));
        }

        var level = (await ledger.Inventory.GetAvailabilityAsync(new GetAvailabilityRequest
        {
            TenantId = tenant,
            Keys = { new AvailabilityKey { Sku = Sku, LocationId = Ledger.Location } },
            Consistency = ReadConsistency.Strong,
        })).Availabilities.Single().Level;
        return (
            string.Join(", ", decisions.Select(each => $"{each.Resolution} {each.Reason}")),
            $"available {level.Available}, reserved {level.Reserved}, committed {level.Committed}");
    }

    /// <summary>As text, since commands hold arrays.</summary>
    private static List<string> Commands(int version) =>
    [
        .. Records(version).Select(each => PaymentRequests.Read(ApplyPaymentEventRequest.Parser.ParseFrom(each.Bytes)))
            .Select(Describe),
    ];

    private static string Describe(StockCommand.ApplyPaymentEvent command) =>
        $"{command.Event with { Lines = [], Problems = [] }} {string.Join(' ', command.Event.Lines)} {string.Join(' ', command.Event.Problems)}";

    private static List<(byte[] Bytes, string Says)> Records(int version)
    {
        using var file = typeof(SchemaVersionTests).Assembly.GetManifestResourceStream("recorded-events.json")!;
        return
        [
            .. JsonNode.Parse(file)![$"{version}"]!.AsArray()
                .Select(each => (Convert.FromBase64String(each!["bytes"]!.GetValue<string>()), each["says"]!.ToJsonString())),
        ];
    }
}
