using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>Wrong input gets a named error that lists every bad field, and nothing is written.</summary>
public sealed class EdgeTests(Ledger ledger) : IClassFixture<Ledger>
{
    private const long TwoToThe53 = 1L << 53;

    [Fact]
    public async Task Everything_that_is_missing_is_listed_at_once()
    {
        var (code, info, status) = await RefusalAsync(ledger.Inventory.ReserveAsync(new ReserveRequest { Lines = { new StockLine() } }));

        (code, info.Reason).ShouldBe((StatusCode.InvalidArgument, "MISSING_FIELD"));
        status.GetDetail<BadRequest>()!.FieldViolations.Select(each => each.Field).ShouldBe(
            ["tenant_id", "idempotency_key", "order_ref", "lines[0].sku", "lines[0].location_id", "lines[0].quantity"], ignoreOrder: true);
    }

    public static TheoryData<string, string> BadReserves { get; } = new()
    {
        { "no lines", "MISSING_FIELD" },
        { "zero", "MISSING_FIELD" },
        { "negative", "QUANTITY_OUT_OF_RANGE" },
        { "above 2^53", "QUANTITY_OUT_OF_RANGE" },
        { "sum above 2^53", "QUANTITY_OUT_OF_RANGE" },
        { "201 lines", "TOO_MANY_LINES" },
        { "long order", "TEXT_TOO_LONG" },
        { "long key", "TEXT_TOO_LONG" },
        { "control character", "TEXT_INVALID" },
        { "unknown location", "UNKNOWN_LOCATION" },
        { "ttl too short", "OUT_OF_RANGE" },
        { "ttl too long", "OUT_OF_RANGE" },
    };

    [Theory]
    [MemberData(nameof(BadReserves))]
    public async Task A_bad_reserve_is_named_and_leaves_nothing_behind(string what, string reason)
    {
        var sku = await ledger.OpenAsync(10);
        var request = Reserve(sku, 1);
        Spoil(request, what);
        var before = await RowsAsync();

        var (code, info, status) = await RefusalAsync(ledger.Inventory.ReserveAsync(request));

        (code, info.Reason).ShouldBe((StatusCode.InvalidArgument, reason));
        status.GetDetail<BadRequest>()!.FieldViolations.ShouldNotBeEmpty();
        (await RowsAsync()).ShouldBe(before);

        // The key was not used up: the corrected request takes it.
        if (what is not "long key")
        {
            var corrected = Reserve(sku, 1, request.IdempotencyKey);
            (await ledger.Inventory.ReserveAsync(corrected)).Reservation.State.ShouldBe(ReservationState.Active);
        }
    }

    [Theory]
    [InlineData(AdjustmentReason.Unspecified, 1, "MISSING_FIELD")]
    [InlineData((AdjustmentReason)99, 1, "UNKNOWN_ENUM_VALUE")]
    [InlineData(AdjustmentReason.Receipt, -1, "SIGN_MISMATCH")]
    [InlineData(AdjustmentReason.Sale, 1, "SIGN_MISMATCH")]
    public async Task A_bad_adjustment_is_named(AdjustmentReason adjustment, long quantity, string reason)
    {
        var request = new AdjustRequest { TenantId = Tenant, IdempotencyKey = New("key"), DocumentRef = "doc", Reason = adjustment, Lines = { Line("sku", quantity) } };
        var (code, info, _) = await RefusalAsync(ledger.Inventory.AdjustAsync(request));
        (code, info.Reason).ShouldBe((StatusCode.InvalidArgument, reason));
    }

    [Fact]
    public async Task A_level_cannot_pass_what_every_client_can_represent()
    {
        var sku = await ledger.OpenAsync(TwoToThe53);
        var request = new AdjustRequest { TenantId = Tenant, IdempotencyKey = New("key"), DocumentRef = "doc", Reason = AdjustmentReason.Receipt, Lines = { Line(sku, 1) } };
        var (code, info, _) = await RefusalAsync(ledger.Inventory.AdjustAsync(request));
        (code, info.Reason).ShouldBe((StatusCode.OutOfRange, "LEVEL_OUT_OF_RANGE"));
        (await ledger.LevelAsync(sku)).Available.ShouldBe(TwoToThe53);
    }

    private static void Spoil(ReserveRequest request, string what)
    {
        var line = request.Lines[0];
        switch (what)
        {
            case "no lines": request.Lines.Clear(); break;
            case "zero": line.Quantity = 0; break;
            case "negative": line.Quantity = -1; break;
            case "above 2^53": line.Quantity = TwoToThe53 + 1; break;
            case "sum above 2^53":
                line.Quantity = TwoToThe53;
                request.Lines.Add(Line(line.Sku, 1));
                break;
            case "201 lines": request.Lines.AddRange(Enumerable.Range(0, 200).Select(number => Line(number.ToString(CultureInfo.InvariantCulture), 1))); break;
            case "long order": request.OrderRef = new string('o', 129); break;
            case "long key": request.IdempotencyKey = new string('k', 129); break;
            case "control character": line.Sku = "a\u0000b"; break;
            case "unknown location": line.LocationId = "nowhere"; break;
            case "ttl too short": request.Ttl = new Duration { Nanos = 1 }; break;
            case "ttl too long": request.Ttl = new Duration { Seconds = 91 * 24 * 60 * 60 }; break;
            default: throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }
    }

    private async Task<(long Movements, long Outcomes, long Reservations, long Levels)> RowsAsync()
    {
        await using var command = ledger.Database.DataSource.CreateCommand(
            "SELECT (SELECT count(*) FROM movements), (SELECT count(*) FROM outcomes), (SELECT count(*) FROM reservations), (SELECT count(*) FROM stock_levels)");
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
    }
}
